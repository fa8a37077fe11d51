"""How far two sequences are apart."""

from collections.abc import Sequence

import numpy as np


def edit_distance(one: Sequence[object], other: Sequence[object]) -> int:
    """The fewest substitutions, deletions and insertions that turn one into the other."""
    row = list(range(len(other) + 1))
    for number, item in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for place, there in enumerate(other, 1):
            diagonal, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, diagonal + (item != there)),
            )
    return row[-1]


def error_rate(pairs: Sequence[tuple[Sequence[object], Sequence[object]]]) -> float:
    """Edits per item of what was said, in percent; each pair is what was said and what was heard."""
    edits = sum(edit_distance(said, heard) for said, heard in pairs)
    return 100 * edits / int(np.sum([len(said) for said, _ in pairs]))
