"""Batches of queries of like length, in an order that depends on the seed and the epoch alone."""

import numpy as np
from jaxtyping import Int

from stages.common.seeding import generator

# Batches are cut from windows of this many: wide enough for like lengths, narrow enough for chance.
_WINDOW = 16


def bucketed(
    lengths: Int[np.ndarray, " queries"], batch: int, seed: int, epoch: int
) -> list[Int[np.ndarray, " batch"]]:
    """Every row once; a batch holds rows of like length, and batches come in random order."""
    rng = generator(seed, "order", epoch)
    order = rng.permutation(len(lengths))
    batches = []
    for first in range(0, len(order), batch * _WINDOW):
        window = order[first : first + batch * _WINDOW]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[at : at + batch] for at in range(0, len(window), batch)]
    return [batches[place] for place in rng.permutation(len(batches))]
