"""Means over seeds, with their 95 % intervals, of experiments that differ in nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from stages.tools.report.experiments import BLIND, Experiment

SEED = "training_seed"
SOURCE = "run"
# Student's t, 97.5 %, for 1, 2, ... degrees of freedom: with few seeds the normal's 1.96 is far too narrow.
_T = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
    2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
]  # fmt: skip
_NORMAL = 1.960


@dataclass(frozen=True)
class Cell:
    """A figure over seeds; `half` is half of its 95 % interval, None for a single seed."""

    mean: float
    half: float | None
    seeds: int

    def __str__(self) -> str:
        return f"{self.mean:.1f}" if self.half is None else f"{self.mean:.1f} ± {self.half:.1f}"


@dataclass(frozen=True)
class Summary:
    """A row per source and setting, a column per method and last the blind one; None where nothing ran."""

    differing: list[str]
    methods: list[str]
    rows: list[tuple[tuple[str, ...], list[Cell | None]]]


def over_seeds(values: Sequence[float]) -> Cell:
    """The mean and its interval, as of a sample of seeds."""
    if len(values) < 2:
        return Cell(mean(values), None, len(values))
    freedom = len(values) - 1
    t = _T[freedom - 1] if freedom <= len(_T) else _NORMAL
    return Cell(mean(values), t * stdev(values) / math.sqrt(len(values)), len(values))


def summarise(experiments: Sequence[Experiment], metric: str) -> Summary:
    """Group by all settings that differ between the experiments, but for the training seed."""
    keys = [key for key in experiments[0].settings if key != SEED]
    differing = [key for key in keys if len({str(one.settings[key]) for one in experiments}) > 1]
    methods = list(dict.fromkeys(name for one in experiments for name in one.results if name != BLIND))
    groups: dict[tuple[str, ...], list[Experiment]] = {}
    # Within a source sorted by settings; the sources stay in their order.
    sources = list(dict.fromkeys(one.source for one in experiments))
    for one in experiments:
        label = (one.source, *(_shown(one.settings[key]) for key in differing))
        groups.setdefault(label, []).append(one)
    in_order = sorted(groups.items(), key=lambda group: (sources.index(group[0][0]), group[0]))
    return Summary(
        [SOURCE, *differing],
        methods,
        [
            (label, [_cell(group, method, metric) for method in (*methods, BLIND)])
            for label, group in in_order
        ],
    )


def _shown(value: object) -> str:
    return "-" if value is None else str(value)


def _cell(group: Sequence[Experiment], method: str, metric: str) -> Cell | None:
    values = [one.results[method][metric] for one in group if metric in one.results.get(method, {})]
    # Blind guessing has no training seed: its figures are one.
    if method == BLIND:
        values = values[:1]
    return over_seeds(values) if values else None
