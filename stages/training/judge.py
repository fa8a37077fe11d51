"""The figures on dev after each epoch, and which epoch is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float

from stages.common.params import Params
from stages.scoring.metrics import mean_metrics, score_moments
from stages.training.answers import answer
from stages.training.loop import Validation
from stages.training.model import Model
from stages.training.queries import QueryData


@dataclass(frozen=True)
class Judge:
    """Judges by dev's moments, and chooses as `ground.select` says.

    It stands outside the task: where a row may not see moments, they have no part in what is chosen
    (params.yaml can't ask for it), and its figures are reported as an oracle's.
    """

    dev: QueryData
    truth: Float[np.ndarray, "queries 2"]  # in seconds
    params: Params
    device: torch.device

    @property
    def select(self) -> Literal["last", "loss", "mIoU"]:
        return self.params.ground.select

    def __call__(self, model: Model, dev_loss: Callable[[Model], float]) -> Validation:
        figures = self._figures(model)
        if self.select == "mIoU":
            return Validation(figures["dev_mIoU"], figures)
        if self.select == "last":
            return Validation(None, figures)
        loss = dev_loss(model)
        return Validation(-loss, {"dev_loss": loss, **figures})

    def _figures(self, model: Model) -> dict[str, float]:
        params, dev = self.params, self.dev
        answers = answer(
            model, dev, params.ground.batch, self.device, params.machine.precision, params.evaluate.nms
        )
        duration = dev.table["duration"].to_numpy(np.float64)
        moments = answers.in_seconds(duration)[..., :2]
        metrics = mean_metrics(
            score_moments(dev.table["video_id"].to_numpy(str), moments, self.truth, duration)
        )
        return {f"dev_{key}": float(metrics[key]) for key in ("mIoU", "R1_IoU0_5", "R1_IoU0_7")}
