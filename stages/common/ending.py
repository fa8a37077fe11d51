"""A stage ends when it is told to, and when the DVC that started it is gone."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PR_SET_PDEATHSIG = 1


class Stopped(BaseException):
    """SIGTERM has come: what is open is closed, as after Ctrl-C."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` on SIGTERM while the block runs; under DVC, on the death of DVC too.

    DVC that is stopped by a signal (a time limit, Slurm, CI) leaves its stage behind, which would go on
    writing beside the next run.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if "DVC_STAGE" in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A second one must not break off the clearing up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped
