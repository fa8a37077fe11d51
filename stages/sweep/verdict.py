"""What runs over several seeds say of a claim: it holds, it does not, or nothing is decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.report.summary import Cell, over_seeds
from stages.sweep.plans import Claim

# A figure per seed.
BySeed = Mapping[int, float]


@dataclass(frozen=True)
class Verdict:
    """How much better the better row is, with the same seeds: `gain` has the interval of the differences."""

    claim: Claim
    gain: Cell | None

    @property
    def word(self) -> str:
        """One seed decides nothing; nor does an interval that has zero in it."""
        if self.gain is None or self.gain.half is None or abs(self.gain.mean) <= self.gain.half:
            return "undecided"
        return "holds" if self.gain.mean > 0 else "does not hold"


def judge(claim: Claim, figures: Mapping[str, BySeed]) -> Verdict:
    """Compare two rows seed by seed: what a seed does to both is not counted as noise."""
    better, worse = (figures.get(label, {}) for label in (claim.better, claim.worse))
    gains = [better[seed] - worse[seed] for seed in sorted(better.keys() & worse.keys())]
    return Verdict(claim, over_seeds(gains) if gains else None)
