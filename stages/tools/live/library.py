"""Demo videos and what is asked about them: the corpus' test split, which no method has seen in training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int16

from stages.common.artifacts import read_table
from stages.common.shards import Shards
from stages.tools.ask.answer import clock_time
from stages.tools.live.footage import Footage

CORPUS = Path("data/corpus")


@dataclass(frozen=True)
class Example:
    """A query of the test split: what is said, by whom, and the moment that is meant."""

    speech_id: str
    video_id: str
    caption: str
    speaker: str
    start: float
    end: float


@dataclass(frozen=True)
class Library:
    """Videos and examples by their ids."""

    videos: dict[str, Footage]
    examples: dict[str, Example]
    speech: Shards

    def samples(self, example: Example) -> Int16[np.ndarray, " t"]:
        """The speech, without noise."""
        return self.speech[example.speech_id]

    def as_json(self) -> list[dict[str, Any]]:
        """What the page lists."""
        listed: dict[str, dict[str, Any]] = {
            video_id: {"id": video_id, "name": footage.name, "examples": []}
            for video_id, footage in self.videos.items()
        }
        for query_id, example in self.examples.items():
            facts = {"id": query_id, "caption": example.caption, "speaker": example.speaker}
            listed[example.video_id]["examples"].append({**facts, "start": example.start, "end": example.end})
        return list(listed.values())


def read_library(project: Path) -> Library:
    """What the checkout has; a corpus without video files gives an empty library."""
    folder = project / CORPUS
    speech = Shards(folder / "speech", "corpus")
    if not (folder / "queries.parquet").is_file():
        return Library({}, {}, speech)
    queries = read_table(folder / "queries.parquet", "corpus")
    test = queries[queries["split"] == "test"]
    videos = {}
    for video_id, duration in test.groupby("video_id")["duration"].first().items():
        path = folder / "videos" / f"{video_id}.mp4"
        if path.is_file():
            length = clock_time(float(duration)).split(".")[0]
            videos[str(video_id)] = Footage(path, f"{video_id}, {length}", "video/mp4")
    shown = test[test["video_id"].isin(videos)]
    return Library(videos, {str(row["query_id"]): _example(row) for _, row in shown.iterrows()}, speech)


def _example(row: pd.Series) -> Example:
    return Example(
        str(row["speech_id"]), str(row["video_id"]), str(row["caption"]), str(row["speaker"]),
        float(row["start"]), float(row["end"]),
    )  # fmt: skip
