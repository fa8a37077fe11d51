"""From start and end distributions on the video's grid to ranked moments in seconds."""

import numpy as np
from jaxtyping import Float, Int

# Queries worked on at once: their joint scores over all segments stay in tens of megabytes.
BLOCK = 256


def top_moments(
    p_start: Float[np.ndarray, "batch frames"],
    p_end: Float[np.ndarray, "batch frames"],
    duration: Float[np.ndarray, " batch"],
    count: int,
    suppression: float,
) -> Float[np.ndarray, "batch {count} 3"]:
    """The `count` best moments of each query, best first, as (start, end, score) in seconds.

    A moment is a run of cells s..e with s ≤ e, scored by p_start[s]·p_end[e], the joint argmax of the
    paper's inference; it spans [s, e + 1) cells. After each choice, the segments whose IoU with it is
    above `suppression` are out. Equal scores go to the earlier start, then to the earlier end.

    Where no segment is left, the best moment is repeated with score 0: a repetition can't hit what
    the first one missed, so R@5 counts the distinct moments alone and is never helped.
    """
    frames = p_start.shape[1]
    first, last = np.triu_indices(frames)
    cells = np.stack([first, last + 1], axis=1)
    blocks = [
        _pick(
            p_start[at : at + BLOCK, first].astype(np.float64) * p_end[at : at + BLOCK, last],
            cells,
            count,
            suppression,
        )
        for at in range(0, len(p_start), BLOCK)
    ]
    moments = np.concatenate(blocks) if blocks else np.empty((0, count, 3))
    # cells / frames first: the last cell then ends at the duration exactly.
    moments[..., :2] = moments[..., :2] / frames * duration[:, None, None]
    return moments


def _pick(
    scores: Float[np.ndarray, "batch segments"],
    cells: Int[np.ndarray, "segments 2"],
    count: int,
    suppression: float,
) -> Float[np.ndarray, "batch {count} 3"]:
    """Greedy choice under suppression, in cells."""
    rows = np.arange(len(scores))
    picked = np.empty((len(scores), count, 3))
    for rank in range(count):
        best = scores.argmax(axis=1)
        score = scores[rows, best]
        picked[:, rank, :2] = cells[best]
        picked[:, rank, 2] = score
        exhausted = np.isneginf(score)
        picked[exhausted, rank, :2] = picked[exhausted, 0, :2]
        picked[exhausted, rank, 2] = 0
        scores[_overlap(cells[best], cells) > suppression] = -np.inf
        scores[rows, best] = -np.inf
    return picked


def _overlap(
    chosen: Int[np.ndarray, "batch 2"], cells: Int[np.ndarray, "segments 2"]
) -> Float[np.ndarray, "batch segments"]:
    """IoU of each chosen segment with all segments; whole cells, so exact up to the division."""
    start, end = chosen[:, :1], chosen[:, 1:]
    shared = np.minimum(end, cells[:, 1]) - np.maximum(start, cells[:, 0])
    shared = np.maximum(shared, 0)
    lengths = cells[:, 1] - cells[:, 0]
    return np.asarray(shared / (end - start + lengths - shared))
