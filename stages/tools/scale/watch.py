"""A command and the processes it starts, watched from outside: their time, and their memory together."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stages.common.errors import UserError

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu_seconds: float
    # Bytes; what processes share counts once.
    peak: int


def watched(*command: str) -> Cost:
    """Run `python -m …` to its end."""
    started = time.monotonic()
    run = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)
    peak, ticks = 0, dict[int, int]()
    try:
        while run.poll() is None:
            family = list(_family(run.pid))
            peak = max(peak, sum(map(_memory, family)))
            ticks |= {process: spent for process in family if (spent := _ticks(process))}
            time.sleep(_LOOK_EVERY)
    finally:
        run.kill()
        run.wait()
    if run.returncode:
        raise UserError(
            f"`python -m {' '.join(command)}` ended with {run.returncode}; its last words are above"
        )
    return Cost(time.monotonic() - started, sum(ticks.values()) / _TICKS, peak)


def _family(process: int) -> Iterator[int]:
    """A process, its children, their children …"""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in _read(task).split():
            yield from _family(int(child))


def _memory(process: int) -> int:
    for line in _read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _ticks(process: int) -> int:
    # After the name, which may hold anything.
    fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        # It has ended meanwhile.
        return ""
