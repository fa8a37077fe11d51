"""What the transcripts room asks of a recogniser."""

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int16

from stages.common.errors import DataError, UserError, missing


@dataclass(frozen=True)
class Heard:
    """What was understood of a query. A higher confidence is surer, on the engine's own scale."""

    text: str
    confidence: float


@runtime_checkable
class Recogniser(Protocol):
    """An engine that is loaded and can be asked."""

    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        """What is said in 16 kHz speech; its text may be empty."""


@runtime_checkable
class Engine(Protocol):
    """How to load a recogniser. It is sent to worker processes, so it holds settings and no model."""

    # After so many queries its process ends, since it does not give its memory back; None: never.
    queries_per_process: int | None

    def files(self) -> list[Path]:
        """The files that its answers depend on."""

    def check(self) -> None:
        """Refuse, before any work, what can't be used."""

    def recogniser(self) -> AbstractContextManager[Recogniser]:
        """Load it."""


def optional_package(name: str, extra: str) -> ModuleType:
    """A package that only the chosen engine needs."""
    package = name.split(".")[0]
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise UserError(
            f"asr.engine {extra} needs the package {package}; run `pip install '.[{extra}]'`, or choose "
            "another asr.engine in params.yaml"
        ) from None
    return importlib.import_module(name)


def expected_file(path: Path, what: str, key: str = "asr.model") -> Path:
    """A file that a key of params.yaml names."""
    if not path.is_file():
        raise DataError(f"{key}: {path} {missing(path)}; expected {what} there")
    return path
