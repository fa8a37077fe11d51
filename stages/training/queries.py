"""The queries of some splits in memory: their steps, and their videos."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int

from stages.common.artifacts import read_table
from stages.common.errors import DataError
from stages.common.loading import mean_over_bins, pad
from stages.common.params import Params
from stages.common.shards import Shards
from stages.networks.interface import Inputs
from stages.training.query_steps import QuerySteps, read_query_steps
from stages.training.truth import MOMENT, QUERIES

FEATURES = Path("data/corpus/features")


Change = Callable[[int, Float[np.ndarray, "_ dims"]], Float[np.ndarray, "_ dims"]]


@dataclass(frozen=True)
class QueryData:
    """Rows of `table` and what belongs to each; videos are held once, however many queries ask of them.

    There is no moment in here: the truth is held apart (`Truth`), by tasks that may see it. A model is handed
    `batch`, which holds no id, no caption and no order either: nothing that gives away the moment.
    """

    table: pd.DataFrame
    videos: Float[torch.Tensor, "videos frames features"]
    video_of: Int[np.ndarray, " queries"]
    steps: QuerySteps
    longest: int
    listens: bool = True

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def caption_of(self) -> Int[np.ndarray, " queries"]:
        """An id per query; queries with the same caption have the same one."""
        return np.unique(self.table["caption"].to_numpy(str), return_inverse=True)[1]

    @property
    def lengths(self) -> Int[np.ndarray, " queries"]:
        """The number of steps of each query, as the model takes it."""
        return np.array([min(len(query), self.longest) for query in self.steps])

    def groups_by(self, what: str) -> Int[np.ndarray, " queries"]:
        """A number per query; queries with the same one share a batch. `what`: video, speaker or none."""
        if what == "none":
            return np.arange(len(self))
        if what == "video":
            return self.video_of
        return np.unique(self.table["speaker"].to_numpy(str), return_inverse=True)[1]

    @property
    def dims(self) -> tuple[int, int]:
        """The widths of a video step and of a query step."""
        return self.videos.shape[2], self.steps[0].shape[1]

    def batch(
        self, rows: Int[np.ndarray, " batch"], device: torch.device, change: Change = lambda _, steps: steps
    ) -> Inputs:
        """The inputs of some rows; a video that several of them ask of is encoded once."""
        distinct, video_of = np.unique(self.video_of[rows], return_inverse=True)
        video = self.videos[torch.from_numpy(distinct)]
        query, mask = pad([change(int(row), self.steps[row]) for row in rows], self.longest)
        return Inputs(
            video=video.to(device, non_blocking=True),
            # Every frame of the fixed grid is real: a short video is stretched, not padded.
            video_mask=torch.ones(video.shape[:2], dtype=torch.bool, device=device),
            query=torch.from_numpy(query).to(device, non_blocking=True),
            query_mask=torch.from_numpy(mask).to(device, non_blocking=True),
            video_of=torch.from_numpy(video_of).to(device, non_blocking=True),
        )


def extractor_of_features() -> dict[str, object]:
    """What the corpus' features came from."""
    extractor = Shards(FEATURES, "corpus").manifest.get("extractor")
    if extractor is None:
        raise DataError(f"{FEATURES} does not say what its features came from; run `dvc repro -sf corpus`")
    return dict(extractor)


def read_queries(*splits: str) -> pd.DataFrame:
    """The rows of some splits; the others' speech, videos and moments are not looked at."""
    table = read_table(QUERIES, "corpus")
    chosen = table[table["split"].isin(splits)].reset_index(drop=True)
    for split in splits:
        if not (chosen["split"] == split).any():
            raise DataError(f"{QUERIES} has no query of the split {split}; see metrics/stages/corpus.json")
    return chosen


def read_splits(params: Params, name: str, *splits: str) -> dict[str, QueryData]:
    """What a method is trained on, by split; no other split is opened."""
    table = read_queries(*splits)
    steps = read_query_steps(table, params, name)
    parts = {}
    for split in splits:
        rows = table.index[table["split"] == split]
        part = table.loc[rows].reset_index(drop=True)
        parts[split] = query_data(part, [steps[row] for row in rows], params, name)
    return parts


def query_data(table: pd.DataFrame, steps: QuerySteps, params: Params, name: str) -> QueryData:
    """Put the rows together with the features of their videos, on the grid that the params name."""
    frames = params.video.frames
    features = Shards(FEATURES, "corpus")
    video_ids, video_of = np.unique(table["video_id"].to_numpy(str), return_inverse=True)
    grids = [mean_over_bins(features[str(video)].astype(np.float32), frames) for video in video_ids]
    return QueryData(
        table=table.drop(columns=MOMENT),
        videos=torch.from_numpy(np.stack(grids)),
        video_of=video_of,
        steps=steps,
        longest=params.audio.frames,
        listens=params.methods[name].listens,
    )
