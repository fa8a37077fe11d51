"""Processes that train together: all-reduce and all-gather, so that a batch is as that of one process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Int, Shaped
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

AllReduce = Callable[[Tensor], object]


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train together, seen from one of them; `all_reduce` adds a tensor up in place."""

    all_reduce: AllReduce
    rank: int
    world: int


_group: ProcessGroup | None = None


@contextmanager
def in_group(group: ProcessGroup | None) -> Iterator[None]:
    """Reduce and gather in this process group; with None, in this process alone."""
    global _group
    before, _group = _group, group
    try:
        yield
    finally:
        _group = before


def summed(x: Tensor) -> Tensor:
    """Add `x` up over all processes, in place; a process alone is its own sum."""
    if _group is not None:
        _group.all_reduce(x)
    return x


def all_gathered(x: Shaped[Tensor, "mine *sizes"]) -> Shaped[Tensor, "all *largest"]:
    """The rows of all processes, in their order, padded with zeros to the largest.

    A gradient goes back to the process whose row it is, as the sum of what all processes make of the row.
    """
    if _group is None:
        return x
    if x.dtype == torch.bool:
        return all_gathered(x.to(torch.uint8)).bool()
    return _AllGather.apply(x)


def all_gathered_rows(places: Int[Tensor, " mine"], count: int) -> Int[Tensor, " all"]:
    """Row numbers of a tensor of `count` rows, as row numbers of the tensor all-gathered."""
    if _group is None:
        return places
    counts = torch.zeros(_group.world, dtype=torch.int64, device=places.device)
    counts[_group.rank] = count
    return all_gathered(places + summed(counts)[: _group.rank].sum())


class _AllGather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        assert _group is not None
        shapes = torch.zeros(_group.world, x.dim(), dtype=torch.int64, device=x.device)
        shapes[_group.rank] = torch.tensor(x.shape)
        rows, *sizes = zip(*summed(shapes).tolist(), strict=True)
        first = sum(rows[: _group.rank])
        everything = x.new_zeros(sum(rows), *map(max, sizes))
        mine = slice(first, first + len(x)), *map(slice, x.shape[1:])
        everything[mine] = x
        ctx.mine = mine  # type: ignore[attr-defined]
        return summed(everything)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> Tensor:
        return summed(grad.clone(memory_format=torch.contiguous_format))[ctx.mine]  # type: ignore[attr-defined]
