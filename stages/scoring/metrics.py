"""R@n at IoU ≥ m and mIoU: the protocol, in one place for models and blind predictors alike.

Times are taken as whole nanoseconds: IoU is then a ratio of whole numbers, and an exact tie with a threshold
is a hit, as the definition says. In plain floats rounding decides it: 645 test moments of ActivityNet have
IoU 0.7 with the window [0.2, 0.9], and R@1 at 0.7 is 15.92, 16.15 or 16.26 by the unit of time and the order
of the sums. Nothing is added to intersection or union, nothing is taken off a threshold.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from stages.common.errors import DataError
from stages.scoring.bootstrap import interval_over_videos

THRESHOLDS = (0.1, 0.3, 0.5, 0.7)
MOMENTS = 5

Metrics = dict[str, float | int]


def metric_key(moments: int, threshold: float) -> str:
    """R@n at a threshold, as the metrics files call it: `R1_IoU0_5`."""
    return f"R{moments}_IoU{threshold}".replace(".", "_")


KEYS = [
    *(metric_key(moments, threshold) for moments in (1, MOMENTS) for threshold in THRESHOLDS),
    "mIoU", "mIoU_low", "mIoU_high", "queries",
]  # fmt: skip


@dataclass(frozen=True)
class QueryScores:
    """What each query earned. A hit is 0 or 1, or between them where it is a probability."""

    video_ids: Shaped[np.ndarray, " queries"]
    iou: Float[np.ndarray, " queries"]
    hit_by_1: Float[np.ndarray, "queries thresholds"]
    hit_by_5: Float[np.ndarray, "queries thresholds"]

    def __len__(self) -> int:
        return len(self.iou)

    def only(self, chosen: Bool[np.ndarray, " queries"]) -> "QueryScores":
        """The scores of some queries."""
        return QueryScores(
            self.video_ids[chosen], self.iou[chosen], self.hit_by_1[chosen], self.hit_by_5[chosen]
        )


def temporal_iou(
    moments: Float[np.ndarray, "*#batch 2"],
    truth: Float[np.ndarray, "*#batch 2"],
    duration: Float[np.ndarray, "*#batch"],
) -> Float[np.ndarray, "*batch"]:
    """Intersection over union, in seconds inside the video; 0 where a moment has no length."""
    last = _nanoseconds(duration)
    start, end = (np.clip(_nanoseconds(moments[..., side]), 0, last) for side in (0, 1))
    true_start, true_end = (np.clip(_nanoseconds(truth[..., side]), 0, last) for side in (0, 1))
    shared = np.minimum(end, true_end) - np.maximum(start, true_start)
    union = (end - start) + (true_end - true_start) - shared
    # A positive intersection implies two positive lengths, hence a positive union.
    return np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)


def _nanoseconds(seconds: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    # Exact for published times (two decimals) on a grid of up to 128 cells, and for videos of up to 11 days.
    return np.rint(seconds * 1e9)


def score_moments(
    video_ids: Shaped[np.ndarray, " queries"],
    moments: Float[np.ndarray, "queries ranked 2"],
    truth: Float[np.ndarray, "queries 2"],
    duration: Float[np.ndarray, " queries"],
) -> QueryScores:
    """Score ranked moments, best first, against the truth; all in seconds."""
    iou = temporal_iou(moments, truth[:, None], duration[:, None])
    return QueryScores(
        video_ids=video_ids,
        iou=iou[:, 0],
        hit_by_1=(iou[:, :1] >= THRESHOLDS).astype(np.float64),
        hit_by_5=(iou[:, :MOMENTS].max(axis=1, keepdims=True) >= THRESHOLDS).astype(np.float64),
    )


def mean_metrics(scores: QueryScores) -> Metrics:
    """R@n and mIoU in percent, and the number of queries behind them."""
    if not len(scores):
        raise DataError("the test split holds no query to score; see metrics/stages/corpus.json")
    rates = [*scores.hit_by_1.mean(axis=0), *scores.hit_by_5.mean(axis=0), scores.iou.mean()]
    return {
        **{key: _percent(rate) for key, rate in zip(KEYS[: len(rates)], rates, strict=True)},
        "queries": len(scores),
    }


def metrics_of(scores: QueryScores, resamples: int, seed: int) -> Metrics:
    """The content of `metrics/<method>.json`: the means, and the 95 % interval of mIoU over videos."""
    means = mean_metrics(scores)
    low, high = interval_over_videos(scores.iou, scores.video_ids, resamples, seed)
    means |= {"mIoU_low": _percent(low), "mIoU_high": _percent(high)}
    return {key: means[key] for key in KEYS}


def _percent(rate: float) -> float:
    return round(100 * float(rate), 2)
