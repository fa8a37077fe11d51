"""What a model file does not say of its training, out of the dvc.lock of its project."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stages.ask.video import ARRAYS, PIXELS
from stages.common.errors import DataError


@dataclass(frozen=True)
class Origin:
    """What the features of the videos came from, and which moments are too alike to be told together."""

    extractor: str
    suppression: float


def origin_of(project: Path, name: str) -> Origin:
    """Read dvc.lock; refused when it tells of other weights or of another corpus than these."""
    cure = f"run `dvc repro ground@{name}`"
    lock = _lock(project)
    ground, corpus = lock.get(f"ground@{name}"), lock.get("corpus")
    weights = f"models/{name}/grounding.safetensors"
    if ground is None or corpus is None:
        raise DataError(f"{project / 'dvc.lock'} does not say how {weights} was trained; {cure}")
    if _md5(ground["outs"], weights) != hashlib.md5((project / weights).read_bytes()).hexdigest():
        raise DataError(f"{project / weights} is not the file that dvc.lock tells of; {cure}")
    features = "data/corpus/features"
    if _md5(ground["deps"], features) != _md5(corpus["outs"], features):
        raise DataError(f"{project / weights} was trained on another corpus than {project / 'data'}; {cure}")
    chosen = corpus["params"]["params.yaml"]["corpus"]
    pixels = chosen["name"] == "demo" or chosen["features"] == "pixels"
    suppression = float(ground["params"]["params.yaml"]["evaluate.suppression"])
    return Origin(PIXELS if pixels else ARRAYS, suppression)


def _lock(project: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load((project / "dvc.lock").read_text())["stages"]
    except FileNotFoundError:
        raise DataError(
            f"{project / 'dvc.lock'} is missing; models are asked in the checkout that trained them"
        ) from None


def _md5(files: list[dict[str, Any]], path: str) -> str | None:
    return next((file["md5"] for file in files if file["path"] == path), None)
