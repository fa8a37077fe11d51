"""The table of queries: what every source of a corpus yields and every later room reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

QUERIES = Path("data/corpus/queries.parquet")
SPEECH = Path("data/corpus/speech")
FEATURES = Path("data/corpus/features")
VIDEOS = Path("data/corpus/videos")

COLUMNS = [
    "query_id", "video_id", "split", "duration", "start", "end", "caption", "speaker", "speech_id",
]  # fmt: skip


@dataclass(frozen=True)
class Query:
    """One annotated moment, as published: times in seconds, `split` is train or test."""

    query_id: str
    video_id: str
    split: str
    duration: float
    start: float
    end: float
    caption: str
    speaker: str
    speech_id: str


@runtime_checkable
class Source(Protocol):
    """A corpus as somebody publishes it. Nothing is dropped or mended here: the room does both."""

    def queries(self) -> list[Query]:
        """All annotated moments, faulty ones included."""

    def recording(self, speech_id: str) -> Path | None:
        """The file with the speech, or None where there is none."""

    def features(self, video_id: str) -> np.ndarray | None:
        """The imported features [T, D], or None where there are none."""

    def has_features(self, video_id: str) -> bool:
        """Whether features can be had, imported or from the video file; reads neither."""

    def video(self, video_id: str) -> Path | None:
        """The video file, or None where there is none."""


@runtime_checkable
class MadeSource(Source, Protocol):
    """A corpus whose videos are made here."""

    def write_features(self, folder: Path, video_ids: Iterable[str]) -> dict[str, str]:
        """Write the videos and their features; return those that can't be made, and why."""


def as_table(queries: Iterable[Query]) -> pd.DataFrame:
    """The queries as a table, a row each."""
    return pd.DataFrame([vars(query) for query in queries], columns=COLUMNS)
