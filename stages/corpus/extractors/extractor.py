"""What turns a video file into features, and says by what: a model trained on them needs the same."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from stages.corpus import pixels
from stages.corpus.video_files import pictures

# Is told, again and again, which share of the work is done.
Progress = Callable[[float], None]


def untold(_: float) -> None:
    """Nobody wants to know how far it is."""


@runtime_checkable
class Extractor(Protocol):
    """A way of describing videos. Equal `facts` give equal features, but for a network's last digits."""

    @property
    def name(self) -> str:
        """As `corpus.features` has it."""

    @property
    def width(self) -> int:
        """Numbers per row."""

    @property
    def facts(self) -> dict[str, object]:
        """All that the features depend on but the video; the manifest of features holds it."""

    def at_work(self, seconds: float, progress: Progress = untold) -> AbstractContextManager[None]:
        """Around the extraction of videos of so many seconds: shows or tells how far it is."""

    def extract(self, path: Path) -> Float[np.ndarray, "t width"]:
        """The features of a video file, in rows that divide it evenly; streamed, whatever its length."""


@runtime_checkable
class SeesPictures(Extractor, Protocol):
    """An extractor that describes each picture by itself, whatever stands before and after it."""

    def rows(self, pictures: Iterable[UInt8[np.ndarray, "h w 3"]]) -> Float[np.ndarray, "t width"]:
        """The row of each picture."""


@dataclass(frozen=True)
class Pixels:
    """The default: a classical descriptor, a row per second."""

    name = "pixels"
    width = pixels.WIDTH

    @property
    def facts(self) -> dict[str, object]:
        return {"name": self.name, "width": self.width}

    def at_work(self, seconds: float, progress: Progress = untold) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()  # Fast enough for the bar of videos alone.

    def extract(self, path: Path) -> Float[np.ndarray, "t width"]:
        return pixels.describe(pictures(path))
