"""A floor that sees but does not hear: a cut detector, and a random pick of the segments between its cuts.

A cut is where the features of two neighbouring steps are unlike. How unlike is chosen on train. Where videos
are joined from clips, finding the borders is easy; which segment is meant is the question.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.blind.events import random_pick
from stages.scoring.metrics import QueryScores

# Thresholds that are tried: so many of all steps of train are no cuts.
_SHARES = np.linspace(0.5, 0.995, 100)
# Train videos that are looked at; more change the threshold little.
_VIDEOS = 200

Features = Callable[[str], Float[np.ndarray, "steps width"]]


def cut_detector(train: pd.DataFrame, test: pd.DataFrame, features: Features) -> QueryScores:
    """What drawing from the segments of the query's video is worth on test."""
    chosen = train[train["video_id"].isin(sorted(train["video_id"].unique())[:_VIDEOS])]
    known = unlike_steps(chosen, features)
    levels = np.quantile(np.concatenate([np.zeros(1), *known.values()]), _SHARES)
    # Between two levels: where cuts are clear, one is below all of them and one among them.
    middles = (levels[1:] + levels[:-1]) / 2
    threshold = max(middles, key=lambda level: random_pick(chosen, segments(chosen, known, level)).iou.mean())
    return random_pick(test, segments(test, unlike_steps(test, features), threshold))


def unlike_steps(queries: pd.DataFrame, features: Features) -> dict[str, Float[np.ndarray, " borders"]]:
    """For each video how unlike each step is to the one before: 1 minus their cosine."""
    return {video: _unlike(features(video).astype(np.float32)) for video in queries["video_id"].unique()}


def _unlike(steps: Float[np.ndarray, "steps width"]) -> Float[np.ndarray, " borders"]:
    unit = steps / np.maximum(np.sqrt((steps * steps).sum(axis=1, keepdims=True)), 1e-6)
    return 1 - (unit[1:] * unit[:-1]).sum(axis=1)


def segments(
    queries: pd.DataFrame, unlike: dict[str, Float[np.ndarray, " borders"]], threshold: float
) -> dict[str, Float[np.ndarray, "segments 2"]]:
    """The stretches between the cuts of each video, in seconds."""
    duration = queries.groupby("video_id")["duration"].first()
    found = {}
    for video, steps in unlike.items():
        cuts = (np.flatnonzero(steps > threshold) + 1) / (len(steps) + 1)
        edges = np.concatenate([[0.0], cuts, [1.0]]) * float(duration[video])
        found[video] = np.stack([edges[:-1], edges[1:]], axis=1)
    return found
