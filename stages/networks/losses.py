"""The losses of VGCL §5.4 (eq. 10-11). Each chunk gives its own answer and has its own loss."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from stages.networks.moments import Moments


def one_hot(place: Tensor, mask: Bool[Tensor, "batch frames"]) -> Float[Tensor, "batch frames"]:
    """All weight on one frame: the label of eq. 10."""
    return F.one_hot(place, mask.shape[1]).to(torch.float32)


def bell(
    centre: Float[Tensor, " batch"], deviation: Float[Tensor, " batch"], mask: Bool[Tensor, "batch frames"]
) -> Float[Tensor, "batch frames"]:
    """A normal distribution over the real frames: the label of VGCL's code."""
    steps = torch.arange(mask.shape[1], device=mask.device)
    height = -0.5 * ((steps - centre[:, None]) / deviation[:, None]).square()
    return torch.softmax(height.masked_fill(~mask, torch.finfo(height.dtype).min), 1)


def cross_entropy(
    scores: Float[Tensor, "batch chunks frames"],
    label: Float[Tensor, "batch frames"],
    mask: Bool[Tensor, "batch frames"],
) -> Float[Tensor, ""]:
    """CE over the real frames, the mean of all queries and chunks."""
    hidden = ~mask[:, None]
    logs = F.log_softmax(scores.masked_fill(hidden, torch.finfo(scores.dtype).min), 2)
    return -(logs.masked_fill(hidden, 0) * label[:, None]).sum(2).mean()


def inside_loss(
    scores: Float[Tensor, "batch chunks frames"], moments: Moments, mask: Bool[Tensor, "batch frames"]
) -> Float[Tensor, ""]:
    """Eq. 11, a binary cross-entropy per frame; the mean of all queries and chunks.

    Printed, the equation has P and y changed over, which would be infinite for every label; and it is a
    sum over the frames, here a mean over the real ones: Nv is left to the weight.
    """
    y = moments.inside(mask.shape[1]).to(scores.dtype)[:, None].expand_as(scores)
    each = F.binary_cross_entropy_with_logits(scores, y, reduction="none")
    return _mean(each, mask[:, None])


def highlight_loss(
    scores: Float[Tensor, "batch frames"], moments: Moments, mask: Bool[Tensor, "batch frames"]
) -> Float[Tensor, ""]:
    """VSLNet's query-guided highlighting: frames of the extended moment count twice, as in its code."""
    y = moments.inside(mask.shape[1]).to(scores.dtype)
    each = F.binary_cross_entropy_with_logits(scores, y, reduction="none") * (1 + y)
    return _mean(each, mask)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    # Per query first: the loss of a batch is the mean of its queries' losses, however it is split.
    return ((values * mask).sum(-1) / mask.sum(-1).clamp(min=1)).mean()
