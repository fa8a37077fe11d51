"""The first twenty losses of every method, on the tiny world.

A change of the code that is not meant to change what is learned leaves them as they are.
`python -m tests.training.golden` writes them anew.
"""

import json
import os
import tempfile
from functools import partial
from pathlib import Path

import torch

from stages.acoustic.network import AcousticNetwork
from stages.acoustic.noise import Noise
from stages.acoustic.task import Spelling
from stages.acoustic.utterances import read_utterances
from stages.common.shards import Shards
from stages.ground.method import TASKS
from stages.mix.noise_bank import decode_clips
from stages.training import loop
from stages.training.judge import Judge
from stages.training.model import build
from stages.training.pretraining import kind_of
from stages.training.queries import read_splits
from stages.training.query_steps import vocabulary_size
from stages.training.ranks import Ranks
from stages.training.truth import read_moments
from tests.acoustic import world as acoustic_world
from tests.training import worlds

GOLDEN = Path(__file__).with_suffix(".json")
STEPS = 20
CPU = Ranks(0, 1, torch.device("cpu"))
GROUNDED = ["base", "vslbase", "vslnet", "vgcl", "text", "asr-noglove"]
PRETRAINED = ["cpc", "vqcpc", "vgcl", "foretell", "aligned"]


def ground(name):
    """A method from scratch; of `vgcl`, its network."""
    worlds.write_corpus(Path())
    given = worlds.params()
    worlds.write_words(Path(), name, *_said())
    given = given.of(name)
    parts = read_splits(given, name, "train", "dev")
    judge = Judge(parts["dev"], read_moments("dev"), given, CPU.device)
    task = TASKS["full"](given, name, parts, CPU.device, judge)
    torch.manual_seed(0)
    model = build(given, name, task.train.dims, vocabulary_size(given, name))
    model.fit_scaling(task.train.videos)
    return model, task, given.ground, given.machine


def _said():
    table = worlds.pd.read_parquet("data/corpus/queries.parquet")
    return table["query_id"], table["caption"].str.split()


def pretrain(kind):
    """A first encoder."""
    worlds.write_corpus(Path())
    given = worlds.params()
    given = given.of(kind)
    run = kind_of(kind).prepare(given, kind, CPU.device)
    return run.model, run.task, given.pretrain, given.machine


def acoustic():
    """The recogniser of our own."""
    acoustic_world.write_corpus(train=16)
    given = acoustic_world.params()
    parts = [read_utterances(split)[0] for split in ("train", "dev")]
    decode_clips(sorted(Path("esc50/audio").glob("[123]*")), Path("bank").absolute())
    bank = Shards(Path("bank").absolute(), "acoustic")
    torch.manual_seed(0)
    model = AcousticNetwork(given.acoustic.hidden, given.acoustic.dropout)
    task = Spelling(*parts, Noise(bank.ids(), bank, given.acoustic.noise, 0), given, CPU.device)
    return model, task, given.acoustic, given.machine


METHODS = {
    **{f"ground {name}": partial(ground, name) for name in GROUNDED},
    **{f"pretrain {kind}": partial(pretrain, kind) for kind in PRETRAINED},
    "acoustic": acoustic,
}


def losses_of(method, folder):
    """The total loss of each of the first steps, worked out in an empty folder."""
    os.chdir(folder)
    torch.set_num_threads(1)
    model, task, pace, machine = METHODS[method]()
    pace = pace.model_copy(update={"epochs": STEPS, "patience": STEPS, "batch": 4, "warmup": 2})
    found, loss = [], task.loss

    def recorded(*arguments):
        terms = loss(*arguments)
        found.append(float(terms["total"].detach()))
        return terms

    object.__setattr__(task, "loss", recorded)
    loop.train(model, task, pace, machine, 0, Path(), CPU, STEPS)
    return found


if __name__ == "__main__":
    os.environ["SVG_WORKERS"] = "1"
    losses = {}
    for chosen in METHODS:
        with tempfile.TemporaryDirectory() as place:
            losses[chosen] = [round(value, 6) for value in losses_of(chosen, place)]
            os.chdir("/")
    GOLDEN.write_text(
        json.dumps(losses, indent=1).replace(",\n  ", ", ").replace("[\n  ", "[").replace("\n ]", "]") + "\n"
    )
