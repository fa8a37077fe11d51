"""What runs over several seeds say of a claim: it holds, it does not, or nothing is decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.tools.report.summary import Cell, over_seeds
from stages.tools.sweep.plans import Claim

# A figure per seed.
BySeed = Mapping[int, float]


@dataclass(frozen=True)
class Verdict:
    """How much better the better row is, with the same seeds: `gain` has the interval of the differences.

    `apart`: whether the two rows' own intervals share nothing, a stricter question; None where there are more
    rows, or a row has no interval.
    """

    claim: Claim
    gain: Cell | None
    apart: bool | None

    @property
    def word(self) -> str:
        """One seed decides nothing; nor does an interval that has zero in it."""
        if self.gain is None or self.gain.half is None or abs(self.gain.mean) <= self.gain.half:
            return "undecided"
        return "holds" if self.gain.mean > 0 else "does not hold"


def judge(claim: Claim, figures: Mapping[str, BySeed]) -> Verdict:
    """Compare rows seed by seed: what a seed does to all of them is not counted as noise."""
    by_row = {row: figures.get(row, {}) for row in claim.rows}
    seeds = sorted(set.intersection(*(set(values) for values in by_row.values())))
    gains = [claim.gain({row: values[seed] for row, values in by_row.items()}) for seed in seeds]
    return Verdict(claim, over_seeds(gains) if gains else None, _apart(claim, by_row))


def _apart(claim: Claim, figures: Mapping[str, BySeed]) -> bool | None:
    if len(claim.rows) > 2 or any(len(figures[row]) < 2 for row in claim.rows):
        return None
    better, worse = (over_seeds([*figures[row].values()]) for row in claim.rows)
    return abs(better.mean - worse.mean) > (better.half or 0) + (worse.half or 0)
