"""Sums over processes of one machine, through memory that they share.

gloo does the same over sockets, at 1 to 3 ms a sum on a virtual machine (measured); a training step has
sixteen. Here it is some microseconds, and the order of the summands is fixed.
"""

from collections.abc import Callable
from multiprocessing.context import SpawnContext
from multiprocessing.synchronize import Semaphore

import torch
from torch import Tensor

_ROOM = 1 << 20  # bytes of a summand that are written at once: containers often have 64 MiB to share
_PATIENCE = 2.0  # seconds between two looks whether the others are alive


class Slots:
    """What the processes share: a place for each one's summand, and who has written."""

    def __init__(self, context: SpawnContext, world: int) -> None:
        # Two places each: while one sum is still being read, the next may already be written.
        self.places = torch.zeros(2, world, _ROOM, dtype=torch.uint8).share_memory_()
        self.sizes = torch.zeros(2, world, dtype=torch.int64).share_memory_()
        # One per pair: what the one announces, only the other one takes.
        self.written = [[context.Semaphore(0) for _ in range(world)] for _ in range(world)]


class SharedSums:
    """One process' side of the slots."""

    def __init__(self, slots: Slots, rank: int, still_there: Callable[[], None]) -> None:
        self.places, self.sizes = slots.places, slots.sizes
        self.rank, self.still_there = rank, still_there
        self.world = slots.places.shape[1]
        others = [other for other in range(self.world) if other != rank]
        self.mine: list[Semaphore] = [slots.written[rank][other] for other in others]
        self.theirs: list[Semaphore] = [slots.written[other][rank] for other in others]
        self.turn = 0

    def add_up(self, x: Tensor) -> None:
        """Replace `x` by its sum over all processes: the same bytes in each."""
        flat = x.detach().contiguous().view(-1)
        most = _ROOM // flat.element_size()
        sums = [self._sum(piece) for piece in flat.split(most)]
        x.detach().copy_(torch.cat(sums).view_as(x))

    def _meet(self) -> None:
        for semaphore in self.mine:
            semaphore.release()
        for semaphore in self.theirs:
            while not semaphore.acquire(timeout=_PATIENCE):
                self.still_there()

    def _sum(self, piece: Tensor) -> Tensor:
        size = piece.numel() * piece.element_size()
        places, sizes = self.places[self.turn, :, :size], self.sizes[self.turn]
        self.turn = 1 - self.turn
        places[self.rank].view(piece.dtype).copy_(piece)
        sizes[self.rank] = size
        self._meet()
        if bool((sizes != size).any()):
            raise RuntimeError(f"the processes are out of step: their summands have {sizes.tolist()} bytes")
        total = places[0].view(piece.dtype).clone()
        for other in range(1, self.world):
            total += places[other].view(piece.dtype)
        return total
