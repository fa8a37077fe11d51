"""Whether the guide of VGCL has learned to look: how its attention lies when no moment is given."""

from typing import cast

import torch

from stages.networks.masks import lengths
from stages.networks.moments import on_grid
from stages.systems.vgcl.pretraining import Vgcl
from stages.training.answers import device_of, in_order
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData
from stages.training.truth import Truth


@torch.no_grad()
def guide_lift(model: Model, data: QueryData, truth: Truth, batch: int, precision: str) -> float:
    """How much more than by chance vgcl's speech looks at frames of its moment, in all of the video.

    1 is chance: attention spread evenly. That is how grounding has it, when no moment is given.
    """
    model.eval()
    network, lifts = cast(Vgcl, model.network), []
    for rows in in_order(len(data), batch):
        inputs = model.scaled(data.batch(rows, device_of(model)))
        start, end = truth.of(rows, device_of(model))
        with autocast(device_of(model), precision):
            latents, mask = network.encoder.latents(inputs.query, inputs.query_mask)
            attention = network.guide.attention(latents, inputs).float()
        real = inputs.per_query(inputs.video_mask)
        inside = on_grid(start, end, real).inside(real.shape[1])
        mass = (attention * inside[:, None, None]).sum(3).mean(1)
        found = (mass * mask).sum(1) / lengths(mask).clamp(min=1)
        lifts.append(found * lengths(real) / lengths(inside))
    return round(float(torch.cat(lifts).mean()), 3)
