"""VGCL's pretraining as the trainer sees it: `PretrainingTask`, and the window on the video per kind."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, cast, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stages.common.loading import pad
from stages.common.params import Params
from stages.common.params.pretraining import Curriculum
from stages.common.seeding import generator
from stages.networks.interface import Inputs
from stages.systems.vgcl.curriculum import budgets, stage_of, window
from stages.systems.vgcl.pretraining import Batch, Pretrainer
from stages.training.augment import augmented
from stages.training.batches import batches_of
from stages.training.loop import Validation
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import Change, QueryData
from stages.training.query_steps import QuerySteps
from stages.training.truth import Truth

Rows = Int[np.ndarray, " batch"]
Window = Float[Tensor, "batch 2"]


@runtime_checkable
class Shown(Protocol):
    """The window on each video of a batch; None is no window."""

    def in_training(self, rows: Rows, step: int, gamma: Window) -> Window | None:
        """At a step; `gamma` has a random number in [0, 1] for each side."""

    def on_dev(self, rows: Rows) -> Window | None:
        """When the network is validated."""


@dataclass(frozen=True)
class NoPart:
    """CPC sees no video."""

    def in_training(self, rows: Rows, step: int, gamma: Window) -> Window | None:  # noqa: ARG002
        return None

    def on_dev(self, rows: Rows) -> Window | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class Growing:
    """VGCL's window grows from the moment to the whole video (eq. 7). On dev, as in grounding, it is all."""

    curriculum: Curriculum
    budget: list[int]
    train: Truth

    def in_training(self, rows: Rows, step: int, gamma: Window) -> Window | None:
        start, end = self.train.of(rows, torch.device("cpu"))
        return window(self.curriculum, stage_of(step, self.budget), start, end, gamma)

    def on_dev(self, rows: Rows) -> Window | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class Moment:
    """The moment that `aligned` matches."""

    train: Truth
    dev: Truth

    def in_training(self, rows: Rows, step: int, gamma: Window) -> Window | None:  # noqa: ARG002
        return torch.stack(self.train.of(rows, torch.device("cpu")), 1)

    def on_dev(self, rows: Rows) -> Window | None:
        return torch.stack(self.dev.of(rows, torch.device("cpu")), 1)


@dataclass(frozen=True)
class Clean:
    """The spectrograms of train and dev before the noise was mixed in; a row for each row of theirs."""

    train: QuerySteps
    dev: QuerySteps


@dataclass(frozen=True)
class PretrainingTask:
    """Learn from `train`; after each epoch, the InfoNCE bound on `dev`, in nats."""

    train: QueryData
    dev: QueryData
    params: Params
    device: torch.device
    shown: Shown
    clean: Clean | None = None

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return self.train.lengths

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        return self.train.groups_by(self.params.pretrain.batch_by)

    def loss(self, model: Model, rows: Rows, step: int) -> dict[str, Tensor]:
        chance = np.array([draw.random(3, dtype=np.float32) for draw in self._draws(rows, step).values()])
        inputs = model.scaled(self.train.batch(rows, self.device, self._change(rows, step)))
        place, gamma = torch.from_numpy(chance).split([1, 2], 1)
        part = self.shown.in_training(rows, step, gamma)
        batch = self._batch(self.train, rows, inputs, place[:, 0], part)
        if self.clean is not None:
            # The same augmentation again, so that frames stay beside their own.
            change = self._change(rows, step)
            mels = [change(int(row), self.clean.train[row]) for row in rows]
            batch = replace(batch, clean=self._padded(mels))
        return _network(model).loss(batch)

    def validate(self, model: Model) -> Validation:
        terms = self.on_dev(model)
        bound = terms.pop("bound")
        score = bound if self.params.pretrain.select == "bound" else None
        return Validation(score, {"dev_bound": bound, **{f"dev_{name}": terms[name] for name in terms}})

    def on_dev(self, model: Model, shows: Callable[[Rows, Inputs], Inputs] | None = None) -> dict[str, float]:
        """The means of the loss's terms; `shows` may change what a batch shows."""
        # Always in the same batches, not in batches of like length: the figures depend on the negatives.
        own = self.params.pretrain
        size, order = own.batch, np.argsort(self.dev.groups_by(own.batch_by), kind="stable")
        sums: dict[str, float] = {}
        for first in range(0, len(self.dev), size):
            rows = order[first : first + size]
            inputs = self.dev.batch(rows, self.device)
            inputs = model.scaled(inputs if shows is None else shows(rows, inputs))
            part = self.shown.on_dev(rows)
            batch = self._batch(self.dev, rows, inputs, torch.zeros(len(rows)), part)
            if self.clean is not None:
                batch = replace(batch, clean=self._padded([self.clean.dev[row] for row in rows]))
            with autocast(self.device, self.params.machine.precision):
                terms = _network(model).loss(batch)
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(rows) / len(self.dev)
        return sums

    def name_of(self, rows: Rows) -> str:
        return ", ".join(self.train.table["query_id"].iloc[rows])

    def _draws(self, rows: Rows, step: int) -> dict[int, np.random.Generator]:
        return {int(row): generator(self.params.training_seed, "lesson", step, int(row)) for row in rows}

    def _change(self, rows: Rows, step: int) -> Change:
        draws = self._draws(rows, step)
        for draw in draws.values():
            draw.random(3, dtype=np.float32)
        return lambda row, mels: augmented(mels, self.params.audio.augment, draws[row])

    def _padded(self, mels: QuerySteps) -> Float[Tensor, "batch frames bands"]:
        return torch.from_numpy(pad(mels, self.train.longest)[0]).to(self.device)

    def _batch(
        self, data: QueryData, rows: Rows, inputs: Inputs, place: Float[Tensor, " batch"], part: Window | None
    ) -> Batch:
        same_ids = np.stack([data.caption_of[rows], data.video_of[rows]], 1)
        batch = Batch(inputs, torch.from_numpy(same_ids).to(self.device), place.to(self.device))
        return batch if part is None else replace(batch, window=part.to(self.device))


def _network(model: Model) -> Pretrainer:
    return cast(Pretrainer, model.network)


def budget_of(train: QueryData, params: Params) -> list[int]:
    """The steps of each stage of the curriculum."""
    own = params.pretrain
    groups = train.groups_by(own.batch_by)
    steps = sum(
        len(batches_of(train.lengths, groups, own.batch, params.training_seed, epoch))
        for epoch in range(own.epochs)
    )
    return budgets(params.curriculum, steps)
