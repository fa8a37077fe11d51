"""One method trained, from the files it reads to the weights and figures it leaves."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch

from stages.common.artifacts import (
    code_fingerprint,
    sha256_of,
    write_json,
    written_whole,
)
from stages.common.params import Params
from stages.ground.task import Grounding
from stages.training import checkpoints, pretrained
from stages.training.loop import Trained, train
from stages.training.model import build, shape_of
from stages.training.queries import QUERIES, extractor_of_features, read_splits
from stages.training.ranks import Ranks
from stages.training.said import files_of, vocabulary_size


def train_method(params: Params, name: str, ranks: Ranks) -> None:
    """Train on train, choose the epoch on dev, and write the weights; test is not opened."""
    method = params.methods[name]
    params = params.model_copy(update={"ground": params.ground_of(name), "text": params.text_of(name)})
    parts = read_splits(params, name, "train", "dev")
    origin = pretrained.read_facts(params, name)
    task = Grounding(parts["train"], parts["dev"], params, ranks.device, method.query == "speech")
    dims, vocabulary = task.train.dims, vocabulary_size(params, name)
    torch.manual_seed(params.training_seed)
    model = build(method, pretrained.as_pretrained(params, origin), dims, vocabulary)
    model.fit_scaling(task.train.videos)
    if origin:
        pretrained.load_into(model.first_encoder, name)
        model.first_rate = method.encoder_rate
    model.to(ranks.device)
    with checkpoints.run_folder("ground", name, _made_from(params, name), ranks.is_first) as folder:
        trained = train(model, task, params.ground, params.machine, params.training_seed, folder, ranks)
        facts = {
            **shape_of(method, params, dims, vocabulary),
            "pretrained": origin,
            # What asking about another video needs besides.
            "name": name,
            "extractor": extractor_of_features(),
            "suppression": params.evaluate.suppression,
        }
        if ranks.is_first:
            checkpoints.save(Path(f"models/{name}/grounding.safetensors"), trained.weights, facts)
            _write_figures(name, trained, sum(p.numel() for p in model.parameters()))
        ranks.wait()


def _made_from(params: Params, name: str) -> dict[str, Any]:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = [QUERIES, Path("data/corpus/features/manifest.json"), *files_of(params, name)]
    if params.methods[name].pretraining != "none":
        inputs.append(pretrained.path_of(name))
    sections = ("ground", "machine", "networks", "text", "video", "audio")
    return {
        "training_seed": params.training_seed,
        **{section: getattr(params, section).model_dump() for section in sections},
        f"methods.{name}": params.methods[name].model_dump(),
        "inputs": {str(path): sha256_of(path) for path in inputs},
        "code": code_fingerprint("common", "networks", "systems", "training", "ground", "scoring"),
    }


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
