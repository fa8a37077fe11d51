"""What native code prints, which no Python stream sees."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STDOUT, _STDERR = 1, 2


@contextmanager
def captured_output() -> Iterator[Callable[[], list[str]]]:
    """Keep file descriptors 1 and 2 from the terminal; the value yielded gives the lines written so far."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile(buffering=0) as file:
        kept = {number: os.dup(number) for number in (_STDOUT, _STDERR)}
        for number in kept:
            os.dup2(file.fileno(), number)

        def lines() -> list[str]:
            size = os.fstat(file.fileno()).st_size
            return os.pread(file.fileno(), size, 0).decode("utf-8", errors="replace").splitlines()

        try:
            yield lines
        finally:
            for number, original in kept.items():
                os.dup2(original, number)
                os.close(original)
