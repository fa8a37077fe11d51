"""Grounding as the trainer sees it, whatever the supervision."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stages.common.params import Params
from stages.common.seeding import generator
from stages.networks.interface import Inputs
from stages.training.augment import augmented
from stages.training.loop import Validation
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData
from stages.training.supervision import LearnsFrom, Rows, Split, Terms, Videos, ZeroShotObjective

# Chooses the epoch: `dev_loss` of the model, when it is asked for, and what dev says of its moments.
Select = Callable[[Model, Callable[[Model], float]], Validation]


@dataclass(frozen=True)
class Grounding:
    """Learn from queries. Test is not here, and no moment but in `learns_from`."""

    train: QueryData
    dev: QueryData
    params: Params
    device: torch.device
    learns_from: LearnsFrom
    select: Select

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return self.train.lengths

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        return self.train.groups_by(self.params.ground.batch_by)

    def loss(self, model: Model, rows: Rows, step: int) -> Terms:
        def change(row: int, steps: Float[np.ndarray, "_ dims"]) -> Float[np.ndarray, "_ dims"]:
            rng = generator(self.params.training_seed, "augment", step, row)
            return augmented(steps, self.params.audio.augment, rng)

        # Speech is augmented; words are not.
        inputs = self.train.batch(rows, self.device, *([change] if self.train.listens else []))
        return self._terms(model, "train", rows, inputs, step)

    def validate(self, model: Model) -> Validation:
        return self.select(model, self._dev_loss)

    def name_of(self, rows: Rows) -> str:
        return ", ".join(self.train.table["query_id"].iloc[rows])

    def _dev_loss(self, model: Model) -> float:
        total, size = 0.0, self.params.ground.batch
        for first in range(0, len(self.dev), size):
            rows = np.arange(first, min(first + size, len(self.dev)))
            with autocast(self.device, self.params.machine.precision):
                terms = self._terms(model, "dev", rows, self.dev.batch(rows, self.device), first)
            total += float(terms["total"]) * len(rows) / len(self.dev)
        return total

    def _terms(self, model: Model, split: Split, rows: Rows, inputs: Inputs, number: int) -> Terms:
        rng = generator(self.params.training_seed, "objective", split, number)
        return self.learns_from(model, split, rows, inputs, rng)


@dataclass(frozen=True)
class ZeroShot:
    """Learn from videos alone: there is no query here, and no moment."""

    train: Float[Tensor, "videos frames features"]
    dev: Float[Tensor, "dev_videos frames features"]
    params: Params
    device: torch.device
    objective: ZeroShotObjective
    select: Select

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return np.full(len(self.train), self.train.shape[1])

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        return np.arange(len(self.train))

    def loss(self, model: Model, rows: Rows, step: int) -> Terms:
        return self._terms(model, "train", self.train[torch.from_numpy(rows)], step)

    def validate(self, model: Model) -> Validation:
        return self.select(model, self._dev_loss)

    def name_of(self, rows: Rows) -> str:
        return ", ".join(f"training video {row}" for row in rows)

    def _dev_loss(self, model: Model) -> float:
        total, size = 0.0, self.params.ground.batch
        for first in range(0, len(self.dev), size):
            videos = self.dev[first : first + size]
            with autocast(self.device, self.params.machine.precision):
                terms = self._terms(model, "dev", videos, first)
            total += float(terms["total"]) * len(videos) / len(self.dev)
        return total

    def _terms(self, model: Model, split: Split, videos: Tensor, number: int) -> Terms:
        rng = generator(self.params.training_seed, "objective", split, number)
        frames = model.scaled_video(videos.to(self.device))
        mask = torch.ones(frames.shape[:2], dtype=torch.bool, device=self.device)
        return self.objective(model, Videos(frames, mask), rng)
