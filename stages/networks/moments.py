"""Moments, given as fractions of the video, on the grid of its real frames."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from stages.networks.masks import lengths


@dataclass(frozen=True)
class Moments:
    """The first and the last frame of each moment, both inside it."""

    first: Int[Tensor, " batch"]
    last: Int[Tensor, " batch"]

    def extended(self, share: float, mask: Bool[Tensor, "batch frames"]) -> "Moments":
        """Longer by `share` of the moment's length at either side, within the video."""
        more = ((self.last - self.first + 1) * share).round().long()
        end = (lengths(mask) - 1).clamp(min=0)
        return Moments((self.first - more).clamp(min=0), torch.minimum(self.last + more, end))

    def inside(self, frames: int) -> Bool[Tensor, "batch frames"]:
        """Which frames belong to the moment: y of eq. 11."""
        steps = torch.arange(frames, device=self.first.device)
        return (self.first[:, None] <= steps) & (steps <= self.last[:, None])


def on_grid(
    start: Float[Tensor, " batch"], end: Float[Tensor, " batch"], mask: Bool[Tensor, "batch frames"]
) -> Moments:
    """The frames nearest to the moment's edges; a moment within one frame is that frame."""
    count = lengths(mask)
    first = (start * count).round().long()
    last = (end * count).round().long() - 1
    middle = ((start + end) / 2 * count).floor().long()
    first, last = torch.where(last < first, middle, first), torch.where(last < first, middle, last)
    highest = (count - 1).clamp(min=0)
    return Moments(first.clamp(min=0).minimum(highest), last.clamp(min=0).minimum(highest))
