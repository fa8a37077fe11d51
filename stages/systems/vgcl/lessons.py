"""Pretraining as the trainer sees it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stages.common.params import Params
from stages.common.seeding import generator
from stages.networks.interface import Inputs
from stages.systems.vgcl.curriculum import budgets, stage_of, window
from stages.systems.vgcl.pretraining import Lesson
from stages.training.augment import augmented
from stages.training.batches import batches_of
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData

Rows = Int[np.ndarray, " batch"]


@dataclass(frozen=True)
class Lessons:
    """Learn from `train`; after each epoch, how much is told on `dev`: the bound, in nats.

    What contexts say of the latents ahead, or utterances of their moments. An encoder that looks at the
    video (vgcl) is heard as grounding will hear it: beside all of it.
    """

    train: QueryData
    dev: QueryData
    params: Params
    device: torch.device
    kind: str  # vgcl sees windows of the video that grow in a curriculum, aligned the true moments

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return self.train.lengths

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        if self.params.pretrain.by_video:
            return self.train.video_of
        return np.arange(len(self.train))

    @cached_property
    def budget(self) -> list[int]:
        """The steps of each stage of the curriculum."""
        own, seed = self.params.pretrain, self.params.training_seed
        steps = sum(
            len(batches_of(self.lengths, self.groups, own.batch, seed, epoch)) for epoch in range(own.epochs)
        )
        return budgets(self.params.curriculum, steps)

    @property
    def stop_after(self) -> int | None:
        """The steps to take where the curriculum is to break off."""
        stop = self.params.curriculum.stop
        return None if stop is None or self.kind != "vgcl" else sum(self.budget[: stop + 1])

    def loss(self, model: Model, rows: Rows, step: int) -> dict[str, Tensor]:
        draws = {int(row): generator(self.params.training_seed, "lesson", step, int(row)) for row in rows}
        chance = np.array([draw.random(3, dtype=np.float32) for draw in draws.values()])

        def heard_anew(row: int, said: Float[np.ndarray, "_ dims"]) -> Float[np.ndarray, "_ dims"]:
            return augmented(said, self.params.audio.augment, draws[row])

        inputs = model.scaled(self.train.batch(rows, self.device, heard_anew))
        place, gamma = torch.from_numpy(chance).split([1, 2], 1)
        lesson = self._lesson(self.train, rows, inputs, place[:, 0])
        if self.kind == "vgcl":
            lesson = replace(lesson, window=self._window(rows, step, gamma).to(self.device))
        return model.network.loss(lesson)  # type: ignore[operator]

    def validate(self, model: Model) -> dict[str, float]:
        # In the same parts every time, not in batches of like length: negatives decide the figures.
        size = self.params.pretrain.batch
        sums: dict[str, float] = {}
        for first in range(0, len(self.dev), size):
            rows = np.arange(first, min(first + size, len(self.dev)))
            inputs = model.scaled(self.dev.batch(rows, self.device))
            lesson = self._lesson(self.dev, rows, inputs, torch.zeros(len(rows)))
            with autocast(self.device, self.params.machine.precision):
                terms = model.network.loss(lesson)  # type: ignore[operator]
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(rows) / len(self.dev)
        figures = {f"dev_{name}": value for name, value in sums.items() if name != "bound"}
        return {"score": sums["bound"], **figures}

    def name_of(self, rows: Rows) -> str:
        return ", ".join(self.train.table["query_id"].iloc[rows])

    def _lesson(self, data: QueryData, rows: Rows, inputs: Inputs, place: Float[Tensor, " batch"]) -> Lesson:
        kin = np.stack([data.caption_of[rows], data.video_of[rows]], 1)
        lesson = Lesson(inputs, torch.from_numpy(kin).to(self.device), place.to(self.device))
        if self.kind != "aligned":
            return lesson
        where = torch.from_numpy(rows)
        moments = torch.stack([data.start[where], data.end[where]], 1)
        return replace(lesson, window=moments.to(self.device))

    def _window(self, rows: Rows, step: int, gamma: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch 2"]:
        where = torch.from_numpy(rows)
        stage = stage_of(step, self.budget)
        return window(self.params.curriculum, stage, self.train.start[where], self.train.end[where], gamma)
