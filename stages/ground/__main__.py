"""The grounding room: train one method, keep its best epoch on dev. `python -m stages.ground METHOD`."""

import argparse
from pathlib import Path

import pandas as pd
import torch

from stages.common.artifacts import (
    code_fingerprint,
    fingerprint,
    sha256_of,
    write_json,
    written_whole,
)
from stages.common.errors import stage_entry
from stages.common.params import Params, load_params
from stages.common.params.load import chosen_method
from stages.ground.task import Grounding
from stages.training import checkpoints
from stages.training.loop import Trained, train
from stages.training.model import build, shape_of
from stages.training.precision import use_threads
from stages.training.queries import QUERIES, query_data, read_queries
from stages.training.ranks import Ranks, ranks
from stages.training.said import MELS, WORDS, read_said, vocabulary_size


def _key(params: Params, name: str) -> str:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = [QUERIES, MELS / "manifest.json", Path("data/corpus/features/manifest.json"), WORDS]
    return fingerprint(
        params.seed, params.ground.model_dump(), params.networks.model_dump(), params.text.model_dump(),
        params.methods[name].model_dump(), params.video.frames, params.audio.model_dump(),
        [sha256_of(path) for path in inputs],
        code_fingerprint("common", "networks", "methods", "training", "ground", "scoring"),
    )  # fmt: skip


def _train(params: Params, name: str, ranks: Ranks) -> None:
    method = params.methods[name]
    table = read_queries("train", "dev")
    said = read_said(table, method, params)
    parts = {}
    for split in ("train", "dev"):
        rows = table.index[table["split"] == split]
        part = table.loc[rows].reset_index(drop=True)
        parts[split] = query_data(part, [said[row] for row in rows], params.audio.frames, params.video.frames)
    task = Grounding(parts["train"], parts["dev"], params, ranks.device, method.query == "speech")
    dims, vocabulary = task.train.dims, vocabulary_size()
    torch.manual_seed(params.seed)
    model = build(method, params, dims, vocabulary)
    model.fit_scaling(task.train.videos)
    model.to(ranks.device)
    key = _key(params, name)
    with checkpoints.run_folder("ground", name, key, ranks.is_first) as folder:
        trained = train(model, task, params.ground, params.seed, folder, ranks)
        facts = shape_of(method, params, dims, vocabulary)
        if ranks.is_first:
            checkpoints.save(Path(f"models/{name}/grounding.safetensors"), trained.weights, facts)
            _write_figures(name, trained, sum(p.numel() for p in model.parameters()))
        ranks.wait()


def _write_figures(name: str, trained: Trained, parameters: int) -> None:
    progress = trained.progress
    curve = pd.DataFrame(progress.curve).rename(columns={"score": "dev_mIoU"})
    with written_whole(Path(f"plots/ground/{name}.tsv")) as temporary:
        curve.round(4).to_csv(temporary, sep="\t", index=False)
    best = curve.iloc[progress.best_epoch]
    facts = {
        "dev_mIoU": round(float(best["dev_mIoU"]), 2),
        "dev_R1_IoU0_5": round(float(best["dev_R1_IoU0_5"]), 2),
        "best_epoch": progress.best_epoch,
        "epochs": progress.epoch,
        "steps": progress.step,
        "parameters": parameters,
    }
    write_json(Path(f"metrics/stages/ground-{name}.json"), facts)
    print(
        f"{name}: dev mIoU {facts['dev_mIoU']} at epoch {facts['best_epoch']} of {facts['epochs']}, "
        f"{facts['steps']:,} steps, {parameters:,} parameters, {progress.seconds:.0f} s"
    )


@stage_entry
def main() -> None:
    """Train the method named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    params = load_params()
    name = chosen_method(params, parser.parse_args().method)
    use_threads(params.ground.threads)
    with ranks(params.ground.device) as started:
        _train(params, name, started)


if __name__ == "__main__":
    main()
