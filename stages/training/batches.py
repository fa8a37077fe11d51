"""Batches of queries, in an order that depends on the seed and the epoch alone."""

import numpy as np
from jaxtyping import Int

from stages.common.seeding import generator

Rows = Int[np.ndarray, " rows"]
Some = Int[np.ndarray, " _"]

# Batches are cut from windows of about this many: wide enough for like lengths, narrow enough for chance.
_WINDOW = 16


def batches_of(lengths: Rows, groups: Rows, batch: int, seed: int, epoch: int) -> list[Some]:
    """Every row once, at most `batch` of them together: groups are kept whole, and like lengths meet.

    With all queries of a video in one step, what doesn't depend on the query can't lower the loss, and the
    gradient separates the query from the video: the networks begin to listen after half as many steps
    (measured on the demo, where they otherwise first learn the training speech by heart).
    """
    rng = generator(seed, "order", epoch)
    pieces = _pieces(groups, batch)
    longest = np.array([lengths[piece].max() for piece in pieces])
    order = rng.permutation(len(pieces))
    in_window = max(1, round(_WINDOW * batch * len(pieces) / len(lengths)))
    batches = []
    for first in range(0, len(order), in_window):
        window = order[first : first + in_window]
        window = window[np.argsort(longest[window], kind="stable")]
        batches += _filled([pieces[place] for place in window], batch)
    return [batches[place] for place in rng.permutation(len(batches))]


def _pieces(groups: Rows, batch: int) -> list[Some]:
    """The rows of each group; a group larger than a batch is cut."""
    by_group = np.argsort(groups, kind="stable")
    borders = np.flatnonzero(np.diff(groups[by_group])) + 1
    return [
        rows[at : at + batch] for rows in np.split(by_group, borders) for at in range(0, len(rows), batch)
    ]


def _filled(pieces: list[Some], batch: int) -> list[Some]:
    """Pieces put together in their order, as many as a batch holds."""
    batches: list[list[Some]] = []
    room = 0
    for piece in pieces:
        if len(piece) > room:
            batches.append([])
            room = batch
        batches[-1].append(piece)
        room -= len(piece)
    return [np.concatenate(parts) for parts in batches]
