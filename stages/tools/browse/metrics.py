"""The metrics on file, refused where an earlier version wrote them or they are of other data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.common.artifacts import read_json
from stages.common.errors import DataError
from stages.evaluate.results import BLIND, CONTROLLED, OWN, details_of, results
from stages.scoring.metrics import KEYS
from stages.scoring.table import Results


def checked_results(methods: Sequence[str]) -> Results:
    """The results of all these methods, their control and blind guessing."""
    blind = _section(BLIND, "rows", "blind")
    for row in blind.values():
        _refuse_older(BLIND, row, "blind")
    for name in methods:
        stage = f"evaluate@{name}"
        details = details_of(name)
        _section(details, "test", stage)
        for section in (OWN, CONTROLLED):
            _refuse_older(details, _section(details, section, stage), stage)
    found = results(methods)
    for name in methods:
        if name not in found.methods:
            raise DataError(
                f"{details_of(name)} was measured on other test queries or other noise than data/ holds; "
                f"run `dvc repro evaluate@{name}`"
            )
    return found


def _section(path: Path, key: str, stage: str) -> Any:
    content = read_json(path, stage)
    if key not in content:
        raise _older(path, key, stage)
    return content[key]


def _refuse_older(path: Path, metrics: Mapping[str, Any], stage: str) -> None:
    for key in KEYS:
        if key not in metrics:
            raise _older(path, key, stage)


def _older(path: Path, key: str, stage: str) -> DataError:
    return DataError(f"{path} has no {key}: an earlier version wrote it; run `dvc repro -sf {stage}`")
