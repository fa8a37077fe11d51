"""One experiment of a sweep: its settings, and the name it has wherever the same settings are wanted."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass

from stages.common.artifacts import fingerprint
from stages.common.params.load import overrides_of
from stages.tools.sweep.plans import Plan, Row


@dataclass(frozen=True)
class Run:
    """A row of a plan with one training seed."""

    name: str
    row: Row
    seed: int
    # What all runs of the sweep share: its preset, and what the user gave.
    shared: tuple[str, ...] = ()

    @property
    def overrides(self) -> list[str]:
        """What `dvc exp run -S` takes. Cores do more with a run each than with processes that share one."""
        changes = [f"{key}={value}" for key, value in self.row.changes]
        seed = f"training_seed={self.seed}"
        return [f"compare=[{self.row.method}]", seed, "machine.processes=1", *self.shared, *changes]


def runs_of(plan: Plan, seeds: list[int], given: Sequence[str] = ()) -> list[Run]:
    """All runs, a seed after the other, so that a sweep broken off has whole rows of fewer seeds."""
    shared = (*(overrides_of(plan.preset) if plan.preset else ()), *given)
    world = world_of(plan, given)
    return [Run(_name(world, row, seed), row, seed, shared) for seed in seeds for row in plan.rows]


def world_of(plan: Plan, given: Sequence[str] = ()) -> str:
    """What sets the runs of a sweep apart from those of params.yaml's own corpus; empty: nothing."""
    return "-".join(filter(None, (plan.preset, fingerprint(sorted(given))[:6] if given else "")))


def _name(world: str, row: Row, seed: int) -> str:
    # A name of a git reference; it says all that differs, so tables that share a run share its name.
    changes = [f"{key.rsplit('.', 1)[1]}-{value}" for key, value in row.changes]
    parts = filter(None, [world, row.method, *changes, f"seed-{seed}"])
    return re.sub(r"[^A-Za-z0-9-]+", "-", "--".join(parts))


def seed_list(text: str) -> list[int]:
    """The seeds that the user names."""
    if not re.fullmatch(r"\d+(,\d+)*", text) or len(set(text.split(","))) < text.count(",") + 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different seeds, e.g. 0,1,2")
    return [int(seed) for seed in text.split(",")]


def setting(text: str) -> str:
    """A setting that the user gives for all runs."""
    if not re.fullmatch(r"[\w.-]+=.*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no setting, e.g. corpus.root=/data/clips")
    return text
