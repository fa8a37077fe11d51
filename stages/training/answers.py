"""A model's answers to every query of a split: ranked moments and curves."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Int
from torch import nn

from stages.scoring.answers import Answers, ranked
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData


@torch.no_grad()
def answer(
    model: Model, data: QueryData, batch: int, device: torch.device, precision: str, nms: float
) -> Answers:
    """The answers to the queries of `data`, in their order."""
    model.eval()
    order = np.argsort(data.lengths, kind="stable")
    parts = []
    for rows in in_order(len(order), batch):
        with autocast(device, precision):
            found = model(data.batch(order[rows], device))
            parts.append(ranked(found.candidates(), found.curves(), nms))
    place = np.argsort(order, kind="stable")
    return Answers(
        np.concatenate([part.moments for part in parts])[place],
        {name: np.concatenate([part.curves[name] for part in parts])[place] for name in parts[0].curves},
    )


def in_order(count: int, batch: int) -> Iterator[Int[np.ndarray, " rows"]]:
    """The rows from the first to the last, `batch` at a time."""
    return (np.arange(first, min(first + batch, count)) for first in range(0, count, batch))


def device_of(model: nn.Module) -> torch.device:
    """Where a model's weights are."""
    return next(model.parameters()).device
