"""What runs over several seeds say of a claim: it holds, it does not, or nothing is decided."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stages.tools.report.summary import Cell, over_seeds
from stages.tools.sweep.plans import Claim

# The normal distribution's, 97.5 %: of test videos there are many.
_NORMAL = 1.960
# How many of the claims that are not so seem to be so by chance: those above a 95 % interval.
BY_CHANCE = 0.025


@dataclass(frozen=True)
class Figures:
    """A row's mIoU by training seed; and by video of test, where the runs have left that."""

    by_seed: Mapping[int, float] = field(default_factory=dict)
    by_video: Mapping[int, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """How much better the better row is, with the same seeds: `gain` has the interval of the differences.

    The interval is that of other seeds and other videos of test; of other seeds alone where runs have left no
    figures by video. `apart`: whether the two rows' own intervals share nothing, a stricter question; None
    where there are more rows, or a row has no interval.
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


def judge(claim: Claim, figures: Mapping[str, Figures]) -> Verdict:
    """Compare rows seed by seed and video by video: what these do to all rows is not counted as noise."""
    by_row = {row: figures.get(row, Figures()) for row in claim.rows}
    seeds = sorted(set.intersection(*(set(one.by_seed) for one in by_row.values())))
    gains = [claim.gain({row: one.by_seed[seed] for row, one in by_row.items()}) for seed in seeds]
    if not gains:
        return Verdict(claim, None, _apart(claim, by_row))
    gain = over_seeds(gains)
    videos = [_by_video(claim, by_row, seed) for seed in seeds]
    if gain.half is not None and (tables := [one for one in videos if one is not None]) == videos:
        gain = Cell(gain.mean, math.hypot(gain.half, _NORMAL * _deviation(tables)), gain.seeds)
    return Verdict(claim, gain, _apart(claim, by_row))


def _by_video(claim: Claim, figures: Mapping[str, Figures], seed: int) -> pd.DataFrame | None:
    """The gain on each video, and how many queries ask about it."""
    tables = {row: one.by_video.get(seed) for row, one in figures.items()}
    found = {row: table for row, table in tables.items() if table is not None}
    if len(found) < len(tables):
        return None
    queries = found[claim.better]["queries"]
    values = {row: table["mIoU"].reindex(queries.index).to_numpy() for row, table in found.items()}
    on_each = zip(*values.values(), strict=True)
    gains = [claim.gain(dict(zip(values, of_video, strict=True))) for of_video in on_each]
    return pd.DataFrame({"queries": queries, "gain": gains})


def _deviation(tables: Sequence[pd.DataFrame]) -> float:
    """Of the gain over draws of test videos: each video counts once per query, and all seeds together."""
    queries = tables[0]["queries"].to_numpy(np.float64)
    gains = np.mean([table["gain"].to_numpy() for table in tables], axis=0)
    apart = queries * (gains - np.average(gains, weights=queries))
    count = len(queries)
    return float(np.sqrt(count / max(1, count - 1) * (apart**2).sum()) / queries.sum())


def _apart(claim: Claim, figures: Mapping[str, Figures]) -> bool | None:
    if len(claim.rows) > 2 or any(len(figures[row].by_seed) < 2 for row in claim.rows):
        return None
    better, worse = (over_seeds([*figures[row].by_seed.values()]) for row in claim.rows)
    return abs(better.mean - worse.mean) > (better.half or 0) + (worse.half or 0)
