"""What a row answers to some queries: ranked moments, and curves that show where it looked."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stages.scoring.metrics import MOMENTS
from stages.scoring.moments import Candidates, runs_of, top_moments

# The probability of each frame to be the first and the last, of networks that predict edges.
EDGES = ("p_start", "p_end")
# How much each frame has to do with the query, of all other networks.
RELEVANCE = "relevance"
CURVES = (*EDGES, RELEVANCE)

Curves = dict[str, Float[np.ndarray, "queries frames"]]


@dataclass(frozen=True)
class Answers:
    """Queries in their order. `moments` holds (start, end, score), best first, as shares of the video."""

    moments: Float[np.ndarray, "queries ranked 3"]
    curves: Curves

    def in_seconds(self, duration: Float[np.ndarray, " queries"]) -> Float[np.ndarray, "queries ranked 3"]:
        """The moments on the clock of each video; the last frame ends at its duration exactly."""
        moments = self.moments.copy()
        moments[..., :2] *= duration[:, None, None]
        return moments


def ranked(candidates: Candidates, curves: Curves, nms: float, count: int = MOMENTS) -> Answers:
    """Answers of scored candidates, whose spans are in frames of the curves."""
    frames = next(iter(curves.values())).shape[1]
    moments = top_moments(candidates, count, nms)
    moments[..., :2] /= frames
    return Answers(moments, curves)


def from_edges(
    p_start: Float[np.ndarray, "queries frames"], p_end: Float[np.ndarray, "queries frames"], nms: float
) -> Answers:
    """Answers of start and end distributions: p_start[s] · p_end[e], the joint argmax of VGCL's inference."""
    joint = p_start.astype(np.float64)[:, :, None] * p_end[:, None]
    return ranked(runs_of(joint), dict(zip(EDGES, (p_start, p_end), strict=True)), nms)
