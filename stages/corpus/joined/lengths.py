"""How long clips are: by what they show, not by what they announce; damaged ones are found here."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from stages.common.building import build_shards
from stages.common.errors import DataError
from stages.common.shards import Shards
from stages.corpus.video_files import on_screen


def measured(
    folder: Path, files: Mapping[str, Path], per_second: int
) -> tuple[dict[str, int], dict[str, str]]:
    """The steps of each clip; and those that can't be read, and why."""
    build_shards(folder, files, partial(_steps, per_second), "int32", "clip", kind="lengths")
    shards = Shards(folder, "corpus")
    steps = {name: int(shards[name][0]) for name in files}
    # Asked again, for a run that goes on knows of a damaged clip only that it has no steps.
    failures = {name: _fault(files[name], per_second) for name, count in steps.items() if not count}
    return {name: count for name, count in steps.items() if count}, failures


def _steps(per_second: int, path: Path) -> np.ndarray:
    try:
        return np.array([_counted(path, per_second)])
    except DataError:
        return np.zeros(1)


def _fault(path: Path, per_second: int) -> str:
    try:
        _counted(path, per_second)
    except DataError as error:
        return str(error)
    return f"{path} could not be read before; run the stage again"


def _counted(path: Path, per_second: int) -> int:
    return sum(1 for _ in on_screen(path, per_second, lambda _: None, threads=1))
