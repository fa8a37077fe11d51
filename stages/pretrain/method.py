"""One method's first encoder pretrained, from the files it reads to the weights and figures it leaves."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch

from stages.common.artifacts import code_fingerprint, sha256_of, write_json, written_whole
from stages.common.params import Params
from stages.networks.together import among
from stages.pretrain.probes import guide_lift, probe
from stages.systems.vgcl.kinds import network_of
from stages.systems.vgcl.lessons import Lessons
from stages.systems.vgcl.schedule import no_video, schedule
from stages.training import checkpoints, pretrained
from stages.training.loop import Trained, train
from stages.training.model import Model
from stages.training.queries import QUERIES, QueryData, read_splits
from stages.training.ranks import Ranks
from stages.training.said import MELS


def pretrain_method(params: Params, name: str, ranks: Ranks) -> None:
    """Train on train, choose the epoch on dev."""
    kind = params.methods[name].pretraining
    params = params.model_copy(update={"pretrain": params.pretrain_of(name)})
    parts = read_splits(params, name, "train", "dev")
    task = Lessons(parts["train"], parts["dev"], params, ranks.device, kind)
    model = fresh_model(params, kind, task.train).to(ranks.device)
    with checkpoints.run_folder("pretrain", name, _made_from(params, name), ranks.is_first) as folder:
        trained = train(
            model, task, params.pretrain, params.machine, params.training_seed, folder, ranks, task.stop_after
        )
        if ranks.is_first:
            network = checkpoints.below(trained.weights, "network.")
            checkpoints.save(pretrained.path_of(name), network, pretrained.facts_of(params, name))
            model.load_state_dict(trained.weights)
            _write_figures(name, kind, trained, _learned(model, task))
            if kind == "vgcl":
                moments = task.train.start, task.train.end
                _write_plot("curriculum", name, schedule(params.curriculum, task.budget, *moments))
            else:
                _write_plot("curriculum", name, no_video())
        ranks.wait()


def leave_nothing(name: str) -> None:
    """For a method without pretraining: the same bytes whatever the params, so that no later stage runs."""
    checkpoints.save(pretrained.path_of(name), {}, {})
    write_json(Path(f"metrics/stages/pretrain-{name}.json"), {"pretraining": "none"})
    # A point at zero: of a table without rows DVC draws an empty frame.
    _write_plot("pretrain", name, pd.DataFrame({"epoch": [0], "dev_bound": [0.0]}))
    _write_plot("curriculum", name, no_video())
    print(f"{name}: nothing to pretrain")


def fresh_model(params: Params, kind: str, train: QueryData) -> Model:
    """A network that has learned nothing yet, behind the scaling of the training videos."""
    torch.manual_seed(params.training_seed)
    video_features, bands = train.dims
    model = Model(network_of(params, kind, bands, video_features), video_features, None)
    model.fit_scaling(train.videos)
    return model


def _made_from(params: Params, name: str) -> dict[str, Any]:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = [QUERIES, MELS / "manifest.json", Path("data/corpus/features/manifest.json")]
    sections = ("pretrain", "curriculum", "machine", "video", "audio")
    return {
        "training_seed": params.training_seed,
        **{section: getattr(params, section).model_dump() for section in sections},
        "networks.speech": params.networks.speech.model_dump(),
        f"methods.{name}": params.methods[name].model_dump(),
        "inputs": {str(path): sha256_of(path) for path in inputs},
        "code": code_fingerprint("common", "networks", "systems", "training", "pretrain"),
    }


def _write_plot(kind: str, name: str, table: pd.DataFrame) -> None:
    with written_whole(Path(f"plots/{kind}/{name}.tsv")) as temporary:
        table.round(4).to_csv(temporary, sep="\t", index=False)


def _learned(model: Model, task: Lessons) -> dict[str, float]:
    """What can be read off the encoder, and off one that has learned nothing."""
    batch, precision = task.params.pretrain.batch, task.params.machine.precision
    fresh = fresh_model(task.params, task.kind, task.train).to(task.device)
    with among(None):
        found = probe(model, task.train, task.dev, batch, precision)
        floor = probe(fresh, task.train, task.dev, batch, precision)
        if task.kind == "vgcl":
            found["guide_lift"] = guide_lift(model, task.dev, batch, precision)
    return {**found, **{f"untaught_{key}": value for key, value in floor.items()}}


def _write_figures(name: str, kind: str, trained: Trained, learned: dict[str, float]) -> None:
    progress = trained.progress
    curve = pd.DataFrame(progress.curve).rename(columns={"score": "dev_bound"})
    _write_plot("pretrain", name, curve)
    best = curve.iloc[progress.best_epoch]
    figures = {key: round(float(best[key]), 4) for key in curve.columns if key.startswith("dev_")}
    facts = {
        "pretraining": kind,
        **figures,
        **learned,
        "best_epoch": progress.best_epoch,
        "steps": progress.step,
    }
    write_json(Path(f"metrics/stages/pretrain-{name}.json"), facts)
    print(
        f"{name}: {kind}, dev bound {figures['dev_bound']:.3f} nats at epoch {facts['best_epoch']} of "
        f"{progress.epoch}, {progress.step:,} steps, {progress.seconds:.0f} s"
    )
    if learned:
        print("  read off it linearly (percent): " + ", ".join(f"{k} {v}" for k, v in learned.items()))
