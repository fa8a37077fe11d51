"""Grounding as the trainer sees it."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stages.common.params import Params
from stages.common.seeding import generator
from stages.scoring.metrics import mean_metrics, score_moments
from stages.scoring.moments import top_moments
from stages.scoring.predictions import truth_of
from stages.training.answers import answer
from stages.training.augment import augmented
from stages.training.model import Model
from stages.training.queries import QueryData


@dataclass(frozen=True)
class Grounding:
    """Train on `train`; after each epoch, mIoU on `dev`. Test is not here."""

    train: QueryData
    dev: QueryData
    params: Params
    device: torch.device
    hears: bool  # speech, which is augmented; captions are not

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return self.train.lengths

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        if self.params.ground.by_video:
            return self.train.video_of
        return np.arange(len(self.train))

    def loss(self, model: Model, rows: Int[np.ndarray, " batch"], step: int) -> dict[str, Tensor]:
        def heard_anew(row: int, said: Float[np.ndarray, "_ dims"]) -> Float[np.ndarray, "_ dims"]:
            rng = generator(self.params.training_seed, "augment", step, row)
            return augmented(said, self.params.audio.augment, rng)

        inputs = self.train.batch(rows, self.device, *([heard_anew] if self.hears else []))
        where = torch.from_numpy(rows)
        return model.loss(
            inputs, self.train.start[where].to(self.device), self.train.end[where].to(self.device)
        )

    def validate(self, model: Model) -> dict[str, float]:
        settings = self.params.ground
        p_start, p_end = answer(model, self.dev, settings.batch, self.device, self.params.machine.precision)
        truth, duration = truth_of(self.dev.table)
        suppression = self.params.evaluate.suppression
        moments = top_moments(p_start, p_end, duration, 5, suppression)[..., :2]
        scores = score_moments(self.dev.table["video_id"].to_numpy(str), moments, truth, duration)
        metrics = mean_metrics(scores)
        return {
            "score": float(metrics["mIoU"]),
            **{f"dev_{key}": float(metrics[key]) for key in ("R1_IoU0_5", "R1_IoU0_7")},
        }

    def name_of(self, rows: Int[np.ndarray, " batch"]) -> str:
        return ", ".join(self.train.table["query_id"].iloc[rows])
