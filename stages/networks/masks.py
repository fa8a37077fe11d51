"""Padding: True in a mask is real. Real frames come first; padding never counts as content."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def lengths(mask: Bool[Tensor, "batch frames"]) -> Int[Tensor, " batch"]:
    """How many real frames each item has."""
    return mask.sum(1)


def zero_padding(x: Float[Tensor, "batch frames *hidden"], mask: Bool[Tensor, "batch frames"]) -> Tensor:
    """Padding set to zero, so that the next layer sees what it would see at a sequence's end."""
    return x.masked_fill(~mask.view(*mask.shape, *[1] * (x.dim() - 2)), 0)


def masked_softmax(scores: Float[Tensor, "*shape"], mask: Bool[Tensor, "*#shape"], dim: int) -> Tensor:
    """Softmax over the real places. Padding gets 0; where all is padding, all is 0 and not NaN."""
    # The lowest number and not -inf: a row of -inf would give 0/0.
    lowest = torch.finfo(scores.dtype).min
    return torch.softmax(scores.masked_fill(~mask, lowest), dim).masked_fill(~mask, 0)


def backwards(x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]) -> Tensor:
    """The real frames of each item in reverse order, its padding left where it is."""
    steps = torch.arange(x.shape[1], device=x.device)
    mirrored = lengths(mask)[:, None] - 1 - steps
    order = torch.where(mask, mirrored, steps)
    return x.gather(1, order[..., None].expand_as(x))
