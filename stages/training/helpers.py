"""More processes of this machine that train along, so that a CPU's cores are used.

Threads hardly help: the demo's networks are thousands of small sums per step.
"""

import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import torch.multiprocessing

from stages.common.errors import UserError, one_line_errors
from stages.training.shared_memory import SharedSums, Slots

_PR_SET_PDEATHSIG = 1
_SECONDS_TO_END = 5.0

Work = Callable[[int, SharedSums], Any]


@contextmanager
def helpers(count: int, work: Work) -> Iterator[SharedSums]:
    """Have `work(rank, sums)` done by `count` more processes, beside what this one does within.

    This process, rank 0, alone speaks to the user. A helper that is lost ends the run with its last words;
    helpers never outlive it.
    """
    context = torch.multiprocessing.get_context("spawn")
    slots = Slots(context, count + 1)
    with tempfile.TemporaryDirectory(prefix="svg-helpers-") as folder:
        started: list[tuple[SpawnProcess, Path]] = []
        for rank in range(1, count + 1):
            log = Path(folder) / f"{rank}.log"
            arguments = (rank, os.getpid(), slots, log, work)
            started.append((context.Process(target=_helper, args=arguments, daemon=True), log))
        for process, _ in started:
            process.start()
        try:
            yield SharedSums(slots, 0, lambda: _check(started))
            for process, _ in started:
                process.join()
            _check(started)
        finally:
            for process, _ in started:
                process.kill()
                process.join()


def _helper(rank: int, parent: int, slots: Slots, log: Path, work: Work) -> None:
    with log.open("w", buffering=1) as words:
        os.dup2(words.fileno(), sys.stdout.fileno())
        os.dup2(words.fileno(), sys.stderr.fileno())
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def still_there() -> None:
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone")

    still_there()
    with one_line_errors():
        work(rank, SharedSums(slots, rank, still_there))


def _check(started: list[tuple[SpawnProcess, Path]]) -> None:
    for process, log in started:
        if process.exitcode:
            words = _last_line(log) if log.exists() else "it could not start, see above"
            raise UserError(
                f"process {process.pid}, which trained along, ended with code {process.exitcode}: {words}; "
                "run the same command again to go on from the last checkpoint, or set machine.processes to 1"
            )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
