"""What a model answers: distributions over the frames, for every query of a split."""

import numpy as np
import torch
from jaxtyping import Float

from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData


@torch.no_grad()
def answer(
    model: Model, data: QueryData, batch: int, device: torch.device, precision: str
) -> tuple[Float[np.ndarray, "queries frames"], Float[np.ndarray, "queries frames"]]:
    """The start and end distributions of each query, in the order of `data`."""
    model.eval()
    order = np.argsort(data.lengths, kind="stable")
    starts = np.empty((len(data), data.videos.shape[1]), np.float32)
    ends = np.empty_like(starts)
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        with autocast(device, precision):
            start, end = model(data.batch(rows, device)).distributions()
        starts[rows], ends[rows] = start.float().cpu().numpy(), end.float().cpu().numpy()
    return starts, ends
