"""Predictors that neither listen nor look: what train's moments alone are worth on test.

Each is a fixed list of five windows in fractions of the video, the same for every query. On ActivityNet they
reach what papers report for speech, so no result is read without them. Windows have their borders on
a grid; the first is the best for its criterion on train, and each of the next four adds most to the same
criterion over the windows so far (greedy), so that R@5 has a blind row as strict as R@1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from stages.scoring.answers import from_edges
from stages.scoring.metrics import MOMENTS, THRESHOLDS, QueryScores, score_moments, temporal_iou

WHOLE_VIDEO = np.array([[0.0, 1.0]])

Gains = Float[np.ndarray, "windows items"] | Bool[np.ndarray, "windows items"]


@dataclass(frozen=True)
class BlindPredictor:
    """Five windows, best first, and the mIoU that the first reaches on the moments it was fitted on."""

    name: str
    windows: Float[np.ndarray, "5 2"]
    train_miou: float

    def score(
        self,
        video_ids: Shaped[np.ndarray, " queries"],
        truth: Float[np.ndarray, "queries 2"],
        duration: Float[np.ndarray, " queries"],
    ) -> QueryScores:
        """Answer every query with the same windows."""
        return score_moments(video_ids, self.windows * duration[:, None, None], truth, duration)


def fit_blind(
    truth: Float[np.ndarray, "queries 2"],
    duration: Float[np.ndarray, " queries"],
    grid: int,
    frames: int,
    nms: float,
) -> list[BlindPredictor]:
    """Fit all predictors on train's moments; those with the windows of an earlier one are left out."""
    windows = grid_windows(grid)
    iou = window_iou(windows, truth, duration)
    whole = window_iou(WHOLE_VIDEO, truth, duration)[0]
    found = {"whole video": np.vstack([WHOLE_VIDEO, windows[greedy(iou, MOMENTS - 1, whole)]])}
    for name, gains in CRITERIA.items():
        found[f"window for {name}"] = windows[greedy(gains(iou), MOMENTS)]
    found["start/end prior"] = prior_windows(truth, duration, frames, nms)
    kept: list[BlindPredictor] = []
    for name, ranked in found.items():
        if not any(np.array_equal(ranked, earlier.windows) for earlier in kept):
            kept.append(BlindPredictor(name, ranked, float(window_iou(ranked[:1], truth, duration).mean())))
    return kept


def best_blind(predictors: Sequence[BlindPredictor]) -> BlindPredictor:
    """The one of `metrics/blind.json`: the best by mIoU on train; test has no say."""
    return max(predictors, key=lambda predictor: predictor.train_miou)


def grid_windows(grid: int) -> Float[np.ndarray, "windows 2"]:
    """All windows whose borders are multiples of 1/grid."""
    return np.stack(np.triu_indices(grid + 1, k=1), axis=1) / grid


def window_iou(
    windows: Float[np.ndarray, "windows 2"],
    truth: Float[np.ndarray, "queries 2"],
    duration: Float[np.ndarray, " queries"],
) -> Float[np.ndarray, "windows queries"]:
    """The IoU of each window with each true moment."""
    return np.stack([temporal_iou(window * duration[:, None], truth, duration) for window in windows])


def _hits(*thresholds: float) -> Callable[[Float[np.ndarray, "windows queries"]], Gains]:
    # Side by side, so that the mean over items is the mean of the recalls.
    return lambda iou: np.hstack([iou >= threshold for threshold in thresholds])


CRITERIA: dict[str, Callable[[Float[np.ndarray, "windows queries"]], Gains]] = {
    "mIoU": lambda iou: iou,
    **{f"R@{threshold}": _hits(threshold) for threshold in THRESHOLDS},
    "R@0.3-0.7": _hits(0.3, 0.5, 0.7),
}


def greedy(gains: Gains, count: int, covered: np.ndarray | None = None) -> list[int]:
    """Pick windows one by one, each adding most to the mean over items of the best gain so far."""
    best = np.zeros(gains.shape[1], gains.dtype) if covered is None else covered
    picked: list[int] = []
    for _ in range(count):
        picked.append(int(np.argmax([np.maximum(best, gain).mean() for gain in gains])))
        best = np.maximum(best, gains[picked[-1]])
    return picked


def prior_windows(
    truth: Float[np.ndarray, "queries 2"],
    duration: Float[np.ndarray, " queries"],
    frames: int,
    nms: float,
) -> Float[np.ndarray, "5 2"]:
    """The moments of a network that has learned only how often each cell starts and ends a moment."""
    cells = np.clip(truth / duration[:, None], 0, 1) * frames
    first = np.minimum(np.floor(cells[:, 0]), frames - 1).astype(np.int64)
    last = np.maximum(np.ceil(cells[:, 1]) - 1, 0).astype(np.int64)
    p_start, p_end = (np.bincount(cell, minlength=frames)[None] / len(truth) for cell in (first, last))
    return from_edges(p_start, p_end, nms).moments[0, :, :2]
