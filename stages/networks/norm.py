"""Batch normalisation over real frames alone."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from stages.networks.distributed import summed
from stages.networks.masks import zero_padding

EPSILON, MOMENTUM = 1e-5, 0.1


class FrameNorm(nn.Module):
    """Every channel with mean 0 and variance 1 over all real frames of a training batch.

    With LayerNorm instead, the encoders hardly learn: it leaves in each channel the mean that ReLU
    puts there, which is larger than what differs between frames. Used for an answer, the norm has
    the fixed statistics of training, so padding and the rest of the batch change nothing. Processes
    that train together share their statistics, as if their batches were one.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(
        self,
        x: Float[Tensor, "batch frames channels"],
        mask: Bool[Tensor, "batch frames"],
        row_of: Int[Tensor, " queries"] | None = None,
    ) -> Float[Tensor, "batch frames channels"]:
        """The normalised frames; padding is zero.

        With `row_of`, a row counts in the statistics once per query that it belongs to: they are the same
        whichever process has which of the queries.
        """
        if self.training and row_of is not None:
            query_of = (row_of == torch.arange(len(x), device=x.device)[:, None]).int().argmax(1)
            return self(x[row_of], mask[row_of])[query_of]
        if self.training:
            rows = _Normalise.apply(
                x.flatten(0, 1), mask.flatten(), self.weight, self.bias, self.mean, self.variance
            )
            return rows.view_as(x)
        rows = F.batch_norm(x.flatten(0, 1), self.mean, self.variance, self.weight, self.bias, eps=EPSILON)
        return zero_padding(rows.view_as(x), mask)


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        frames: Tensor,
        mask: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
    ) -> Tensor:
        # None: all are real, and nothing is to be picked out.
        real = None if mask.all() else mask.nonzero().squeeze(1)
        rows = _picked(frames, real)
        count, batch_mean, batch_variance = _statistics(rows)
        mean.lerp_(batch_mean, MOMENTUM)
        variance.lerp_(batch_variance * count / (count - 1).clamp(min=1), MOMENTUM)
        ctx.save_for_backward(rows, weight, batch_mean, batch_variance, count)
        ctx.real, ctx.total = real, len(frames)  # type: ignore[attr-defined]
        normalised = F.batch_norm(rows, batch_mean, batch_variance, weight, bias, eps=EPSILON)
        return _put_back(normalised, real, len(frames))

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight, mean, variance, count = ctx.saved_tensors  # type: ignore[attr-defined]
        real, total = ctx.real, ctx.total  # type: ignore[attr-defined]
        # As if the statistics were constants; then what flows through the mean and the variance.
        grad = _picked(grad.contiguous(), real)
        d_rows, d_weight, d_bias = grad, torch.zeros_like(weight), torch.zeros_like(weight)
        if len(rows):  # torch's kernel divides by their number.
            d_rows, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
                grad, rows, weight, mean, variance, None, None, False, EPSILON, [True, True, True]
            )
        through = summed(torch.stack([d_weight, d_bias])) * -weight / (count * (variance + EPSILON).sqrt())
        d_rows += F.batch_norm(rows, mean, variance, through[0], through[1], eps=EPSILON)
        return _put_back(d_rows, real, total), None, d_weight, d_bias, None, None


def _picked(frames: Tensor, real: Tensor | None) -> Tensor:
    return frames if real is None else frames.index_select(0, real)


def _put_back(rows: Tensor, real: Tensor | None, total: int) -> Tensor:
    return rows if real is None else rows.new_zeros(total, rows.shape[1]).index_copy_(0, real, rows)


def _statistics(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How many rows all processes have, and the mean and variance of each channel over them."""
    channels = rows.shape[1]
    if len(rows):
        _, mean, deviation = torch.native_batch_norm(rows, None, None, None, None, True, 0.0, EPSILON)
        mean, variance = mean.double(), deviation.double().pow(-2) - EPSILON
    else:
        mean = variance = torch.zeros(channels, dtype=torch.double, device=rows.device)
    count = torch.full((1,), len(rows), dtype=torch.double, device=rows.device)
    sums = summed(torch.cat([count, count * mean, count * (variance + mean.square())]))
    count = sums[:1].clamp(min=1)
    mean, square = (sums[1:] / count).split(channels)
    return count.float(), mean.float(), (square - mean.square()).clamp(min=0).float()
