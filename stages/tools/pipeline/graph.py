"""The stages of dvc.yaml, and the data that flows between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import YAMLError

from stages.common.errors import DataError, UserError, missing
from stages.common.params import load_params

_ROW = "${item.method}"


@dataclass(frozen=True)
class Stage:
    """A stage; one that runs `for_each_row` stands for all its rows."""

    name: str
    description: str
    for_each_row: bool
    reads: tuple[str, ...]
    makes: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """Data that one stage makes and the same later stages read."""

    names: tuple[str, ...]
    maker: int
    readers: tuple[int, ...]


def read_stages(path: Path, params: Path) -> list[Stage]:
    """The stages in their order, with the paths that params.yaml sets."""
    for file in (path, params):
        if not file.is_file():
            raise UserError(f"{file} {missing(file)}; run from the folder that holds it")
    esc50 = load_params(params).noise.esc50
    try:
        stages = yaml.safe_load(path.read_text())["stages"]
    except (KeyError, TypeError, YAMLError) as error:
        raise DataError(f"{path} has no stages; `git checkout {path}` brings them back") from error
    return [_stage(name, stage, esc50) for name, stage in stages.items()]


def _stage(name: str, stage: Mapping[str, Any], esc50: str) -> Stage:
    outs = [*stage.get("outs", []), *stage.get("metrics", [])]
    paths = [out if isinstance(out, str) else next(iter(out)) for out in outs]
    reads = [dep.replace("${noise.esc50}", esc50) for dep in stage.get("deps", [])]
    return Stage(name, stage.get("desc", ""), "matrix" in stage, tuple(reads), tuple(paths))


def flows(stages: list[Stage]) -> list[Flow]:
    """What is read by a later stage, in the order in which it is made."""
    found: dict[tuple[int, tuple[int, ...]], list[str]] = {}
    for maker, stage in enumerate(stages):
        for path in stage.makes:
            readers = tuple(
                n for n, other in enumerate(stages) if any(_within(dep, path) for dep in other.reads)
            )
            if readers:
                found.setdefault((maker, readers), []).append(_short(path))
    return [Flow(tuple(names), maker, readers) for (maker, readers), names in found.items()]


def _within(dep: str, path: str) -> bool:
    return dep == path or dep.startswith(f"{path}/")


def _short(path: str) -> str:
    parts = [Path(part).stem for part in Path(path).parts if part != _ROW]
    return parts[-1]
