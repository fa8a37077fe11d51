"""Spectrograms as another speaker, at another pace, would have left them; for training alone."""

import numpy as np
from jaxtyping import Float

from stages.common.params.schema import Augment

Mels = Float[np.ndarray, "_ bands"]


def augmented(mels: Mels, params: Augment, rng: np.random.Generator) -> Mels:
    """Faster or slower, with a shorter or longer vocal tract, with a stretch and some bands missing."""
    if not (params.speed or params.warp or params.longest_time_mask or params.widest_band_mask):
        # What comes out below too, at the price of a tenth of a step.
        return mels.astype(np.float32)
    pace, tract = 1 + params.speed * rng.uniform(-1, 1), 1 + params.warp * rng.uniform(-1, 1)
    steps = np.linspace(0, len(mels) - 1, max(2, round(len(mels) / pace)))
    bands = np.minimum(np.arange(mels.shape[1]) * tract, mels.shape[1] - 1)
    changed = _between(_between(mels.astype(np.float32), steps).T, bands).T
    # SpecAugment: what is missing is replaced by what is usual.
    for axis, longest in ((0, params.longest_time_mask), (1, params.widest_band_mask)):
        size = int(rng.integers(0, longest + 1))
        first = int(rng.integers(0, max(1, changed.shape[axis] - size)))
        usual = changed.mean(axis=0 if axis == 0 else 1, keepdims=True)
        if axis == 0:
            changed[first : first + size] = usual
        else:
            changed[:, first : first + size] = usual
    return changed


def _between(rows: Float[np.ndarray, "n d"], places: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m d"]:
    """Rows at fractional places, each between its two neighbours."""
    before = places.astype(np.int64)
    after = np.minimum(before + 1, len(rows) - 1)
    share = (places - before)[:, None].astype(np.float32)
    return rows[before] * (1 - share) + rows[after] * share
