"""What VGCL's grounding network is trained to do (VGCL §5.4): eq. 10 and eq. 11."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stages.common.params.networks import BaseNetwork
from stages.networks.interface import EdgeScores
from stages.networks.losses import bell, cross_entropy, inside_loss, one_hot
from stages.networks.masks import lengths
from stages.networks.moments import on_grid


@dataclass(frozen=True)
class InsideScores(EdgeScores):
    """Also whether each frame lies inside the moment, before the sigmoid; None where only edges are asked."""

    inside: Float[Tensor, "batch chunks frames"] | None = None


@dataclass(frozen=True)
class BoundaryAndInside:
    """L_total = L_bound + w · L_in."""

    params: BaseNetwork

    def __call__(
        self, scores: InsideScores, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]
    ) -> dict[str, Tensor]:
        """The named terms; `start` and `end` are shares of the video."""
        mask = scores.video_mask
        first, last = self._labels(start, end, mask)
        boundary = 0.5 * (cross_entropy(scores.start, first, mask) + cross_entropy(scores.end, last, mask))
        assert scores.inside is not None
        inside = inside_loss(scores.inside, on_grid(start, end, mask), mask)
        total = boundary + self.params.inside_weight * inside
        return {"total": total, "boundary": boundary, "inside": inside}

    def _labels(
        self, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"], mask: Bool[Tensor, "batch frames"]
    ) -> tuple[Float[Tensor, "batch frames"], Float[Tensor, "batch frames"]]:
        """One frame each (eq. 10), or a bell around it (VGCL's code)."""
        if self.params.labels == "hard":
            moments = on_grid(start, end, mask)
            return one_hot(moments.first, mask), one_hot(moments.last, mask)
        count = lengths(mask)
        deviation = torch.sqrt(1 + (end - start).clamp(min=0))
        return bell(start * count, deviation, mask), bell(end * count - 1, deviation, mask)
