"""What processes that train together share: sums, and batches as if there were one process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Int, Shaped
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

AllReduce = Callable[[Tensor], object]


@dataclass(frozen=True)
class Company:
    """The processes that train together, seen from one of them; `all_reduce` adds a tensor up in place."""

    all_reduce: AllReduce
    rank: int
    world: int


_company: Company | None = None


@contextmanager
def among(company: Company | None) -> Iterator[None]:
    """Share with these processes; with None, with none."""
    global _company
    before, _company = _company, company
    try:
        yield
    finally:
        _company = before


def summed(x: Tensor) -> Tensor:
    """Add `x` up over all processes, in place; a process alone is its own sum."""
    if _company is not None:
        _company.all_reduce(x)
    return x


def joined(x: Shaped[Tensor, "mine *sizes"]) -> Shaped[Tensor, "all *largest"]:
    """The rows of all processes, in their order, padded with zeros to the largest.

    A gradient goes back to the process whose row it is, as the sum of what all processes make of the row.
    """
    if _company is None:
        return x
    if x.dtype == torch.bool:
        return joined(x.to(torch.uint8)).bool()
    return _Joined.apply(x)


def joined_places(places: Int[Tensor, " mine"], count: int) -> Int[Tensor, " all"]:
    """Places in a tensor of `count` rows, turned into places in that tensor joined."""
    if _company is None:
        return places
    counts = torch.zeros(_company.world, dtype=torch.int64, device=places.device)
    counts[_company.rank] = count
    return joined(places + summed(counts)[: _company.rank].sum())


class _Joined(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        assert _company is not None
        shapes = torch.zeros(_company.world, x.dim(), dtype=torch.int64, device=x.device)
        shapes[_company.rank] = torch.tensor(x.shape)
        rows, *sizes = zip(*summed(shapes).tolist(), strict=True)
        first = sum(rows[: _company.rank])
        everything = x.new_zeros(sum(rows), *map(max, sizes))
        mine = slice(first, first + len(x)), *map(slice, x.shape[1:])
        everything[mine] = x
        ctx.mine = mine  # type: ignore[attr-defined]
        return summed(everything)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> Tensor:
        return summed(grad.clone(memory_format=torch.contiguous_format))[ctx.mine]  # type: ignore[attr-defined]
