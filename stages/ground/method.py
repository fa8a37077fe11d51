"""One row trained, from the files it reads to the weights and figures it leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from stages.common import registry
from stages.common.artifacts import sha256_of, write_json, written_whole
from stages.common.params import Params
from stages.common.recipe import recipe_of
from stages.common.registry import Supervision
from stages.training import checkpoints, pretraining
from stages.training.grounding import Grounding, Select, ZeroShot
from stages.training.judge import Judge
from stages.training.loop import Trained, train
from stages.training.model import Model, build, shape_of
from stages.training.precision import chosen_precision
from stages.training.queries import QUERIES, QueryData, extractor_of_features, read_splits
from stages.training.query_steps import files_of, vocabulary_size
from stages.training.ranks import Ranks
from stages.training.supervision import FromMoments, FromPairs, Split
from stages.training.truth import Truth, read_moments, read_truth

Task = Grounding | ZeroShot


def train_method(params: Params, name: str, ranks: Ranks) -> None:
    """Train on train, choose the epoch on dev, and write the weights; test is not opened."""
    params, method = params.of(name), params.methods[name]
    data = _training_data(params, name)
    model = fresh_model(params, name, data["train"]).to(ranks.device)
    judge = Judge(data["dev"], read_moments("dev"), params, ranks.device)
    task = TASKS[method.supervision](params, name, data, ranks.device, judge)
    with checkpoints.run_folder("ground", name, _made_from(params, name), ranks.is_first) as folder:
        trained = train(model, task, params.ground, params.machine, params.training_seed, folder, ranks)
        if ranks.is_first:
            facts = {
                **shape_of(params, name, data["train"].dims, vocabulary_size(params, name)),
                "pretrained": pretraining.read_facts(params, name),
                # What asking about another video needs besides.
                "name": name,
                "method": method.model_dump(),
                "extractor": extractor_of_features(),
                "nms": params.evaluate.nms,
                "trained_in": chosen_precision(ranks.device, params.machine.precision),
            }
            checkpoints.save(Path(f"models/{name}/grounding.safetensors"), trained.weights, facts)
            _write_figures(name, trained, method.supervision, sum(p.numel() for p in model.parameters()))
        ranks.wait()


def _training_data(params: Params, name: str) -> dict[Split, QueryData]:
    parts = read_splits(params, name, "train", "dev")
    return {"train": parts["train"], "dev": parts["dev"]}


def fresh_model(params: Params, name: str, train_data: QueryData) -> Model:
    """A model that has learned nothing but what its pretraining has left."""
    method = params.methods[name]
    origin = pretraining.read_facts(params, name)
    torch.manual_seed(params.training_seed)
    model = build(params, name, train_data.dims, vocabulary_size(params, name))
    model.fit_scaling(train_data.videos)
    if origin:
        pretraining.load_into(model.first_encoder, name)
        model.first_rate = 1.0 if method.encoder_rate is None else method.encoder_rate
    return model


def _from_moments(
    params: Params, name: str, data: dict[Split, QueryData], device: torch.device, select: Select
) -> Grounding:
    truth: dict[Split, Truth] = {"train": read_truth("train"), "dev": read_truth("dev")}
    return Grounding(
        data["train"], data["dev"], params, device, FromMoments(_objective(params, name), truth), select
    )


def _from_pairs(
    params: Params, name: str, data: dict[Split, QueryData], device: torch.device, select: Select
) -> Grounding:
    return Grounding(
        data["train"], data["dev"], params, device, FromPairs(_objective(params, name), data), select
    )


def _from_videos(
    params: Params, name: str, data: dict[Split, QueryData], device: torch.device, select: Select
) -> ZeroShot:
    return ZeroShot(
        data["train"].videos, data["dev"].videos, params, device, _objective(params, name), select
    )


TASKS: dict[Supervision, Callable[..., Task]] = {
    "full": _from_moments,
    "weak": _from_pairs,
    "zero-shot": _from_videos,
}


def _objective(params: Params, name: str) -> Any:
    return registry.module(registry.networks()[params.methods[name].network].at).objective(params)


def _made_from(params: Params, name: str) -> dict[str, Any]:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = [QUERIES, Path("data/corpus/features/manifest.json"), *files_of(params, name)]
    if params.methods[name].pretraining != "none":
        inputs.append(pretraining.path_of(name))
    return {**recipe_of(params, name, "ground"), "inputs": {str(path): sha256_of(path) for path in inputs}}


def _write_figures(name: str, trained: Trained, supervision: Supervision, parameters: int) -> None:
    progress = trained.progress
    curve = pd.DataFrame(progress.curve)
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
    oracle = ""
    if supervision != "full":
        # What choosing the epoch by dev's moments would have given: reported, and never used.
        epoch = int(np.argmax(curve["dev_mIoU"]))
        facts |= {"oracle_dev_mIoU": round(float(curve["dev_mIoU"][epoch]), 2), "oracle_epoch": epoch}
        oracle = f" (oracle: {facts['oracle_dev_mIoU']} at epoch {epoch})"
    write_json(Path(f"metrics/stages/ground-{name}.json"), facts)
    print(
        f"{name}: dev mIoU {facts['dev_mIoU']} at epoch {facts['best_epoch']} of {facts['epochs']}{oracle}, "
        f"{facts['steps']:,} steps, {parameters:,} parameters, {progress.seconds:.0f} s"
    )
