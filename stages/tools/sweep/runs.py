"""One experiment of a sweep: its settings, and the name it has wherever the same settings are wanted."""

import argparse
import re
from dataclasses import dataclass

from stages.tools.sweep.plans import Plan, Row


@dataclass(frozen=True)
class Run:
    """A row of a plan with one training seed."""

    name: str
    row: Row
    seed: int

    @property
    def overrides(self) -> list[str]:
        """What `dvc exp run -S` takes. Cores do more with a run each than with processes that share one."""
        changes = [f"{key}={value}" for key, value in self.row.changes]
        seed = f"training_seed={self.seed}"
        return [f"compare=[{self.row.method}]", seed, "machine.processes=1", *changes]


def runs_of(plan: Plan, seeds: list[int]) -> list[Run]:
    """All runs, a seed after the other, so that a sweep broken off has whole rows of fewer seeds."""
    return [Run(_name(row, seed), row, seed) for seed in seeds for row in plan.rows]


def _name(row: Row, seed: int) -> str:
    # A name of a git reference; it says all that differs, so tables that share a run share its name.
    changes = [f"{key.rsplit('.', 1)[1]}-{value}" for key, value in row.changes]
    return re.sub(r"[^A-Za-z0-9-]+", "-", "--".join([row.method, *changes, f"seed-{seed}"]))


def seed_list(text: str) -> list[int]:
    """The seeds that the user names."""
    if not re.fullmatch(r"\d+(,\d+)*", text) or len(set(text.split(","))) < text.count(",") + 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different seeds, e.g. 0,1,2")
    return [int(seed) for seed in text.split(",")]
