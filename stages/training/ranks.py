"""One process or several that train together: the same global batch, the same gradient."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from jaxtyping import Int
from torch import Tensor, nn

from stages.common.params.schema import Machine
from stages.networks.distributed import AllReduce, ProcessGroup, in_group, summed
from stages.training.helpers import helpers
from stages.training.precision import use_threads
from stages.training.shared_memory import SharedSums


@dataclass(frozen=True)
class Ranks:
    """This process among the processes that train together."""

    rank: int
    world: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share(self, rows: Int[np.ndarray, " batch"]) -> Int[np.ndarray, " part"]:
        """This process' rows of a batch; each of them gets one at least, if need be one twice."""
        # Neighbours stay together: they often ask of one video, which is encoded once per process.
        part = np.array_split(rows, self.world)[self.rank]
        return part if len(part) else rows[:1]

    def weight(self, rows: Int[np.ndarray, " batch"]) -> float:
        """What the mean loss of this process' rows counts in the mean over the batch."""
        return len(np.array_split(rows, self.world)[self.rank]) / len(rows)

    def sum_gradients(self, model: nn.Module) -> None:
        """Add up the weighted gradients of all processes."""
        if self.world == 1:
            return
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        flat = summed(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, total in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(total.view_as(gradient))

    def sum(self, values: Tensor) -> Tensor:
        """Add up a tensor over all processes."""
        return summed(values)

    def wait(self) -> None:
        """Go on when all processes are here."""
        summed(torch.zeros(1, device=self.device))


Work = Callable[[Ranks], None]


def on_ranks(machine: Machine, work: Work) -> None:
    """Do `work` in all processes that train together.

    Those that `torchrun` has started, of which this is one; else, on a CPU, this one and
    `machine.processes - 1` helpers, for which `work` must be picklable.
    """
    use_threads(machine.threads)
    chosen, processes = device_of(machine.device), machine.processes
    launched = int(os.environ.get("WORLD_SIZE", "0"))
    if launched > 1:
        _in_launched_group(chosen, work)
    elif launched == 0 and processes > 1 and chosen.type == "cpu":
        helping = partial(_as_helper, processes=processes, threads=machine.threads, work=work)
        with helpers(processes - 1, helping) as sums:
            _with(sums.add_up, Ranks(0, processes, chosen), work)
    else:
        work(Ranks(0, 1, chosen))


def device_of(name: str) -> torch.device:
    """The device that params.yaml names; `auto` is CUDA where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _with(all_reduce: AllReduce, here: Ranks, work: Work) -> Any:
    with in_group(ProcessGroup(all_reduce, here.rank, here.world)):
        work(here)


def _as_helper(rank: int, sums: SharedSums, processes: int, threads: int, work: Work) -> None:
    use_threads(threads)
    _with(sums.add_up, Ranks(rank, processes, torch.device("cpu")), work)


def _in_launched_group(chosen: torch.device, work: Work) -> None:
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        _with(dist.all_reduce, Ranks(dist.get_rank(), dist.get_world_size(), chosen), work)
    finally:
        dist.destroy_process_group()
