"""Sums over the processes that train together; a process alone is its own sum."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor

AllReduce = Callable[[Tensor], object]

_all_reduce: AllReduce | None = None


def summed(x: Tensor) -> Tensor:
    """Add `x` up over all processes, in place."""
    if _all_reduce is not None:
        _all_reduce(x)
    return x


@contextmanager
def summing_by(all_reduce: AllReduce) -> Iterator[None]:
    """Have `summed` done by a function that adds up a tensor in place."""
    global _all_reduce
    before, _all_reduce = _all_reduce, all_reduce
    try:
        yield
    finally:
        _all_reduce = before
