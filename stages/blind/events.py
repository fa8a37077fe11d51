"""A floor that knows the videos but not the queries: a random true event of the query's video.

A method that sees where something happens, but understands no word, ends here. It is meant for the demo,
and for joined clips, whose events are all known.
"""

from collections.abc import Mapping
from math import comb

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.scoring.metrics import MOMENTS, THRESHOLDS, QueryScores, temporal_iou
from stages.scoring.predictions import truth_of


def random_event(queries: pd.DataFrame) -> QueryScores:
    """What drawing true events of the query's video is worth."""
    truth, _ = truth_of(queries)
    rows_of = queries.groupby("video_id").indices
    # Two queries may describe one event.
    return random_pick(
        queries, {str(video): np.unique(truth[rows], axis=0) for video, rows in rows_of.items()}
    )


def random_pick(
    queries: pd.DataFrame, moments_of: Mapping[str, Float[np.ndarray, "moments 2"]]
) -> QueryScores:
    """What drawing from a video's moments is worth: exact expectations, nothing is drawn.

    R@5 draws five different moments, or all where a video has fewer.
    """
    truth, duration = truth_of(queries)
    iou = np.empty(len(queries))
    hit_by_1 = np.empty((len(queries), len(THRESHOLDS)))
    hit_by_5 = np.empty_like(hit_by_1)
    for video, rows in queries.groupby("video_id").indices.items():
        moments = moments_of[str(video)]
        overlap = temporal_iou(moments, truth[rows, None], duration[rows, None])
        hits = overlap[..., None] >= THRESHOLDS
        iou[rows] = overlap.mean(axis=1)
        hit_by_1[rows] = hits.mean(axis=1)
        hit_by_5[rows] = _chance(len(moments))[hits.sum(axis=1)]
    return QueryScores(queries["video_id"].to_numpy(str), iou, hit_by_1, hit_by_5)


def _chance(events: int) -> np.ndarray:
    """The chance that five different events of `events` hold one of k right ones, for each k."""
    drawn = min(MOMENTS, events)
    return np.array([1 - comb(events - right, drawn) / comb(events, drawn) for right in range(events + 1)])
