"""From scored candidates to ranked moments, by non-maximum suppression (NMS)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

# Queries worked on at once: the scores of all their candidates stay in tens of megabytes.
BLOCK = 256

Spans = Float[np.ndarray, "#batch candidates 2"]


@dataclass(frozen=True)
class Candidates:
    """Moments [start, end) and their scores; one row of spans may serve all queries. -inf is no candidate."""

    spans: Spans
    scores: Float[np.ndarray, "batch candidates"]

    def only(self, row: int) -> "Candidates":
        """Those of one query."""
        own = slice(row, row + 1)
        return Candidates(self.spans if len(self.spans) == 1 else self.spans[own], self.scores[own])


def runs_of(joint: Float[np.ndarray, "batch frames frames"]) -> Candidates:
    """Every run of frames s..e with s ≤ e, by start, then by end: cell [s, e] scores the span [s, e + 1)."""
    first, last = np.triu_indices(joint.shape[1])
    spans = np.stack([first, last + 1], axis=1)[None].astype(np.float64)
    return Candidates(spans, joint[:, first, last])


def relevance(candidates: Candidates, frames: int) -> Float[np.ndarray, "batch frames"]:
    """Of each frame the best score among the candidates that hold its middle, 0 where there is none."""
    curve = np.zeros((len(candidates.scores), frames), np.float32)
    start, end = candidates.spans[..., 0], candidates.spans[..., 1]
    for frame in range(frames):
        holds = (start <= frame + 0.5) & (frame + 0.5 < end)
        best = np.where(holds, candidates.scores, -np.inf).max(axis=1)
        curve[:, frame] = np.where(np.isneginf(best), 0, best)
    return curve


def top_moments(candidates: Candidates, count: int, nms: float) -> Float[np.ndarray, "batch {count} 3"]:
    """The `count` best moments of each query, best first, as (start, end, score) in the unit of the spans.

    After each choice, the candidates whose IoU with it is above `nms` are out. Equal scores go to the
    candidate that stands first.

    Where no candidate is left, the best moment is repeated with score 0: a repetition can't hit what
    the first one missed, so R@5 counts the distinct moments alone and is never helped.
    """
    spans, scores = candidates.spans, candidates.scores
    blocks = [
        _pick(spans if len(spans) == 1 else spans[at : at + BLOCK], scores[at : at + BLOCK], count, nms)
        for at in range(0, len(scores), BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty((0, count, 3))


def _pick(
    spans: Spans, scores: Float[np.ndarray, "batch candidates"], count: int, nms: float
) -> Float[np.ndarray, "batch {count} 3"]:
    scores = scores.astype(np.float64)
    rows = np.arange(len(scores))
    picked = np.empty((len(scores), count, 3))
    for rank in range(count):
        best = scores.argmax(axis=1)
        score = scores[rows, best]
        chosen = spans[0, best] if len(spans) == 1 else spans[rows, best]
        picked[:, rank, :2], picked[:, rank, 2] = chosen, score
        exhausted = np.isneginf(score)
        picked[exhausted, rank, :2] = picked[exhausted, 0, :2]
        picked[exhausted, rank, 2] = 0
        scores[_overlap(chosen, spans) > nms] = -np.inf
        scores[rows, best] = -np.inf
    return picked


def _overlap(chosen: Float[np.ndarray, "batch 2"], spans: Spans) -> Float[np.ndarray, "batch candidates"]:
    """IoU of each chosen span with all candidates; of whole frames it is exact up to the division."""
    start, end = chosen[:, :1], chosen[:, 1:]
    shared = np.minimum(end, spans[..., 1]) - np.maximum(start, spans[..., 0])
    shared = np.maximum(shared, 0)
    union = (end - start) + (spans[..., 1] - spans[..., 0]) - shared
    # A span without length overlaps nothing.
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
