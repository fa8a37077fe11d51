"""Clips of a stream of pictures, one around each stretch of the video."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from jaxtyping import UInt8


def clips(
    pictures: Iterable[UInt8[np.ndarray, "h w 3"]], frames: int, stride: int
) -> Iterator[UInt8[np.ndarray, "frames h w 3"]]:
    """A clip for every `stride` pictures: these in its middle, and what lies before and after them.

    Before the start and after the end of the video its first and its last picture stand still. No more
    than one clip is held.
    """
    stream = iter(pictures)
    first = last = next(stream)
    held = [first] * ((frames - stride) // 2)
    seen = made = 0
    for last in chain([first], stream):
        held.append(last)
        seen += 1
        if len(held) == frames:
            yield np.stack(held)
            del held[:stride]
            made += 1
    for _ in range(made, -(-seen // stride)):
        yield np.stack(held + [last] * (frames - len(held)))
        del held[:stride]
