"""What workers do in tests; imported by them, so it imports little."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from stages.common.errors import DataError


def where(number):
    """Which process did it, and in which folder; slow enough for every worker to get some."""
    time.sleep(0.02)
    return number, os.getpid(), str(Path.cwd())


def die():
    """As by kill -9, or by the kernel for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_always(_):
    die()


def refuse(number):
    raise DataError(f"recording {number} is cut short")


def array_of(name):
    """An item of a shard; the first time, item 0070 kills its worker in the middle of writing the shard."""
    first = Path("killed")
    if name == "id-0070" and not first.exists():
        first.touch()
        replace = os.replace

        def dying(source, target):
            if Path(target).suffix == ".h5":
                os.truncate(source, Path(source).stat().st_size // 2)
                Path("half").write_text(str(source))
                die()
            replace(source, target)

        os.replace = dying
    return np.full((5, 2), int(name[3:]), "float32")
