"""The model made, from the files it is learned from to those that the library reads."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from stages.acoustic.export import as_model_file
from stages.acoustic.mfcc import mfcc
from stages.acoustic.network import AcousticNetwork
from stages.acoustic.noise import Noise
from stages.acoustic.scorer import as_scorer
from stages.acoustic.task import Spelling
from stages.acoustic.utterances import QUERIES, SPEECH, Utterances, read_utterances
from stages.common.artifacts import code_fingerprint, sha256_of, write_json, written_whole
from stages.common.params import Params
from stages.common.shards import Shards
from stages.mix.noise_bank import decode_clips
from stages.mix.source import open_esc50
from stages.training import checkpoints
from stages.training.loop import Trained, train
from stages.training.ranks import Ranks

MODEL = Path("models/deepspeech/acoustic.pbmm")
SCORER = Path("models/deepspeech/captions.scorer")
METRICS = Path("metrics/stages/acoustic.json")
PLOT = Path("plots/acoustic.tsv")
# Utterances that the scaling of the inputs is taken from: more of them don't change it.
_SCALED_BY = 1000


def make_model(params: Params, ranks: Ranks) -> None:
    """Train on clean train under noise, choose the epoch on dev, write the model and the scorer."""
    utterances, left_out = read_utterances("train")
    dev, _ = read_utterances("dev")
    esc50 = open_esc50(params.noise)
    clips = esc50.clips("train", params.noise.folds.train)
    paths = [esc50.path(name) for name in clips]
    torch.manual_seed(params.seed)
    network = AcousticNetwork(params.acoustic.hidden, params.acoustic.dropout)
    network.fit_scaling(_some_frames(utterances))
    network.to(ranks.device)
    with checkpoints.run_folder(
        "acoustic", "deepspeech", _made_from(params, paths), ranks.is_first
    ) as folder:
        bank = (folder / "noise").absolute()
        if ranks.is_first:
            decode_clips(paths, bank)
        ranks.wait()
        noise = Noise(clips, Shards(bank, "acoustic"), params.acoustic.noise, params.seed)
        task = Spelling(utterances, dev, noise, params, ranks.device)
        trained = train(network, task, params.acoustic, params.machine, params.seed, folder, ranks)
        if ranks.is_first:
            network.load_state_dict(trained.weights)
            _write(MODEL, as_model_file(network, params.acoustic.beam_width))
            _write(SCORER, as_scorer(utterances.texts, params.acoustic.language))
            made_from = {
                "utterances": len(utterances),
                "left_out": left_out,
                "hours": round(utterances.seconds / 3600, 3),
                "words": len(set(" ".join(utterances.texts).split())),
                "parameters": sum(weight.numel() for weight in network.parameters()),
            }
            _write_figures(trained, made_from)
        ranks.wait()


def leave_nothing(why: str) -> None:
    """Where our weights are not asked for: the same bytes whatever the params."""
    _write(MODEL, b"")
    _write(SCORER, b"")
    write_json(METRICS, {"weights": f"none: {why}"})
    # A point at zero: of a table without rows DVC draws an empty frame.
    _write_plot(pd.DataFrame({"epoch": [0], "dev_WER": [0.0]}))
    print(f"acoustic: nothing to train, {why}")


def _some_frames(utterances: Utterances) -> torch.Tensor:
    rows = np.linspace(0, len(utterances) - 1, min(_SCALED_BY, len(utterances))).astype(int)
    return torch.from_numpy(np.concatenate([mfcc(utterances.samples(int(row))) for row in rows]))


def _write(path: Path, content: bytes) -> None:
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def _made_from(params: Params, noises: list[Path]) -> dict[str, Any]:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = [QUERIES, SPEECH / "manifest.json", *noises]
    return {
        "seed": params.seed,
        "acoustic": params.acoustic.model_dump(),
        "machine": params.machine.model_dump(),
        "inputs": {path.name: sha256_of(path) for path in inputs},
        "code": code_fingerprint("acoustic", "common", "mix", "training"),
    }


def _write_plot(table: pd.DataFrame) -> None:
    with written_whole(PLOT) as temporary:
        table.round(4).to_csv(temporary, sep="\t", index=False)


def _write_figures(trained: Trained, made_from: dict[str, float]) -> None:
    progress = trained.progress
    curve = pd.DataFrame(progress.curve).rename(columns={"total": "train_loss"})
    _write_plot(curve)
    best = curve.iloc[progress.best_epoch]
    figures = {name: round(float(best[name]), 4) for name in curve.columns if name != "epoch"}
    facts = {
        "weights": "ours, for the DeepSpeech runtime",
        **figures,
        "best_epoch": progress.best_epoch,
        "epochs": progress.epoch,
        "steps": progress.step,
        **made_from,
    }
    write_json(METRICS, facts)
    print(
        f"acoustic: our weights for the DeepSpeech runtime: dev CER {figures['dev_CER']:.2f} %, WER "
        f"{figures['dev_WER']:.2f} % (without a language model) at epoch {facts['best_epoch']} of "
        f"{facts['epochs']}, {facts['steps']:,} steps, {facts['parameters']:,} parameters, "
        f"{progress.seconds:.0f} s"
    )
