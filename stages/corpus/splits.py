"""Which videos are held out: drawn by video, since a video's queries must stay together.

A video's draw depends on the seed and on its id alone: more videos, fewer videos or another order change
no other video's split.
"""

from collections.abc import Iterable

import pandas as pd

from stages.common.errors import DataError
from stages.common.seeding import generator

SPLITS = ("train", "dev", "test")


def carve_dev(table: pd.DataFrame, fraction: float, seed: int) -> pd.DataFrame:
    """Turn about `fraction` of the training videos into dev; a corpus with a dev split keeps its own."""
    check_splits(table)
    if (table["split"] == "dev").any():
        return table
    train = table["split"] == "train"
    dev = draw(table.loc[train, "video_id"], fraction, seed, "dev")
    table = table.copy()
    table.loc[train & table["video_id"].isin(dev), "split"] = "dev"
    check_splits(table)
    return table


def draw(video_ids: Iterable[str], fraction: float, seed: int, split: str) -> set[str]:
    """The videos held out as `split`, each with probability `fraction`; never none and never all."""
    draws = {video_id: generator(seed, "split", split, video_id).random() for video_id in set(video_ids)}
    if len(draws) < 2:
        raise DataError(
            f"found {len(draws)} videos to take the {split} split from, expected 2 or more; add videos"
        )
    ranked = sorted(draws, key=lambda video_id: (draws[video_id], video_id))
    chosen = {video_id for video_id in ranked if draws[video_id] < fraction}
    return (chosen | {ranked[0]}) - {ranked[-1]}


def check_splits(table: pd.DataFrame) -> None:
    """Refuse an unknown split and a video that stands in two."""
    unknown = sorted(set(table["split"]) - set(SPLITS))
    if unknown:
        raise DataError(f"found split {unknown[0]!r}, expected one of {', '.join(SPLITS)}")
    splits = table.groupby("video_id")["split"].unique()
    shared = splits[splits.map(len) > 1]
    if len(shared):
        video_id, names = shared.index[0], sorted(shared.iloc[0], key=SPLITS.index)
        raise DataError(
            f"{len(shared)} videos stand in two splits, e.g. {video_id!r} in {' and '.join(names)}; "
            "give every video one split"
        )
