"""Additive similarity, Σ_d w_d tanh(a_id + b_jd), without a [rows, Nv, Na, d] tensor in memory.

tanh(a + b) = 1 - 2u with u = 1 / (1 + e^2a e^2b), so that the exponentials are taken once per frame and
once per token, and a pair costs a product and a division. Rows are done a few at a time, within the
cache, and u is computed again in the backward pass, where tanh' = 4u(1 - u).
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

# Numbers per block: 1 MB in fp32, about one core's cache.
BLOCK = 1 << 18
# e^80 still fits fp32. A product that does not is infinite, which gives u = 0: right, as it happens.
LARGEST = 40.0


def additive_scores(
    a: Float[Tensor, "rows frames hidden"],
    b: Float[Tensor, "rows tokens hidden"],
    weight: Float[Tensor, " hidden"],
) -> Float[Tensor, "rows frames tokens"]:
    """S_ij = Σ_d w_d tanh(a_id + b_jd), in fp32."""
    return _Additive.apply(a.float(), b.float(), weight.float())


def _exponentials(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return tuple((2 * x.clamp(-LARGEST, LARGEST)).exp_() for x in (a, b))  # type: ignore[return-value]


def _blocks(a: Tensor, b: Tensor) -> list[slice]:
    rows = max(1, BLOCK // (a.shape[1] * b.shape[1] * a.shape[2]))
    return [slice(first, first + rows) for first in range(0, len(a), rows)]


def _u(grown_a: Tensor, grown_b: Tensor) -> Tensor:
    return (grown_a.unsqueeze(2) * grown_b.unsqueeze(1)).add_(1).reciprocal_()


class _Additive(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(a, b, weight)
        grown_a, grown_b = _exponentials(a, b)
        scores = a.new_empty(len(a), a.shape[1], b.shape[1])
        for rows in _blocks(a, b):
            scores[rows] = _u(grown_a[rows], grown_b[rows]) @ weight
        return scores.mul_(-2).add_(weight.sum())

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, b, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        grown_a, grown_b = _exponentials(a, b)
        d_a, d_b, d_weight = torch.empty_like(a), torch.empty_like(b), grad.sum() - torch.zeros_like(weight)
        for rows in _blocks(a, b):
            u, g = _u(grown_a[rows], grown_b[rows]), grad[rows]
            d_weight -= 2 * (g.flatten() @ u.flatten(0, 2))
            slope = torch.addcmul(u, u, u, value=-1).mul_(g.unsqueeze(-1))
            d_a[rows], d_b[rows] = slope.sum(2), slope.sum(1)
        # Beyond LARGEST tanh is flat.
        d_a.mul_(4 * weight).mul_(a.abs() < LARGEST)
        d_b.mul_(4 * weight).mul_(b.abs() < LARGEST)
        return d_a, d_b, d_weight
