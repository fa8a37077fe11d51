"""Pretraining on data of its own: hums that it makes, classified by band. It opens no query and no video."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from stages.systems.proposals.network import Hearing
from torch import Tensor, nn

from stages.common.params import Params
from stages.networks.interface import Inputs
from stages.training.loop import Validation
from stages.training.model import Model

BANDS, CLASSES, COUNT = 128, 4, 16


class HumNetwork(nn.Module):
    """The hearing that grounding will have, and a classifier."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hearing, self.classify = Hearing(BANDS, width), nn.Linear(width, CLASSES)

    def forward(self, inputs: Inputs) -> Tensor:
        return self.classify(self.hearing(inputs))


@dataclass(frozen=True)
class Hums:
    """The task."""

    mels: Tensor
    wanted: Tensor

    @property
    def lengths(self) -> Any:
        return np.full(len(self.wanted), self.mels.shape[1])

    @property
    def groups(self) -> Any:
        return np.arange(len(self.wanted))

    def loss(self, model: Model, rows: Any, step: int) -> dict[str, Tensor]:  # noqa: ARG002
        mels = self.mels[torch.from_numpy(rows)]
        blank = torch.zeros(len(rows), 1, 1)
        mask = torch.ones(mels.shape[:2], dtype=torch.bool)
        scores = model.network(Inputs(blank, torch.ones(len(rows), 1, dtype=torch.bool), mels, mask))
        return {"total": nn.functional.cross_entropy(scores, self.wanted[torch.from_numpy(rows)])}

    def validate(self, model: Model) -> Validation:
        loss = float(self.loss(model, np.arange(len(self.wanted)), 0)["total"])
        return Validation(-loss, {"dev_bound": float(np.log(CLASSES)) - loss})

    def name_of(self, rows: Any) -> str:
        return f"hums {rows.tolist()}"


@dataclass(frozen=True)
class HumRun:
    """Fits stages/training/pretraining.py: Pretraining."""

    model: Model
    task: Hums
    stop_after: int | None = None

    def learned(self) -> dict[str, float]:
        return {}

    def schedule(self) -> pd.DataFrame | None:
        return None


@dataclass(frozen=True)
class Hum:
    """Fits stages/training/pretraining.py: Kind."""

    def inputs(self) -> list[Path]:
        return []

    def facts(self, params: Params) -> dict[str, Any]:
        return {"proposals": params.sections["proposals"].model_dump()}

    def prepare(self, params: Params, name: str, device: torch.device) -> HumRun:  # noqa: ARG002
        rng = np.random.default_rng(params.training_seed)
        wanted = torch.arange(COUNT) % CLASSES
        mels = torch.from_numpy(rng.normal(0, 0.1, (COUNT, 20, BANDS)).astype(np.float32))
        for row, kind in enumerate(wanted.tolist()):
            mels[row, :, 30 * kind : 30 * kind + 20] += 2
        torch.manual_seed(params.training_seed)
        model = Model(HumNetwork(params.sections["proposals"].width), 1, None)
        return HumRun(model.to(device), Hums(mels, wanted))


HUM = Hum()
