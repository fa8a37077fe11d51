"""Video files as pictures at a steady rate, whatever their codec, size and frame rate."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

from stages.common.errors import DataError

Picture = TypeVar("Picture")

# MPEG streams: cut out of a broadcast, they begin at whatever its clock showed.
_BROADCASTS = ("mpegts", "mpeg")
PICTURE_SIDE = 64
PICTURES_PER_SECOND = 4


def duration_of(path: Path) -> float:
    """A video's length in seconds."""
    with _opened(path) as container:
        length = length_of(container, container.streams.video[0])
    if length is None:
        raise DataError(f"{path} does not say how long it is; give the column `duration`, or re-encode it")
    return length


def start_of(container: "av.container.InputContainer") -> float:
    """The time from which players count: 0, also where the first picture comes later."""
    return (container.start_time or 0) / av.time_base if container.format.name in _BROADCASTS else 0.0


def length_of(container: "av.container.InputContainer", stream: av.VideoStream) -> float | None:
    """From the file's start to the end of its pictures, where it says so."""
    unit = stream.time_base
    if stream.duration is not None and unit is not None:
        # A stream's own length begins with its first picture.
        late = max(0.0, float((stream.start_time or 0) * unit) - start_of(container))
        return late + float(stream.duration * unit)
    return None if container.duration is None else container.duration / av.time_base


def pictures(path: Path) -> Iterator[UInt8[np.ndarray, "64 64 3"]]:
    """The picture on the screen at each quarter of a second from the file's start, small."""
    reformatter = VideoReformatter()

    def small(frame: av.VideoFrame) -> UInt8[np.ndarray, "64 64 3"]:
        return reformatter.reformat(
            frame, PICTURE_SIDE, PICTURE_SIDE, "rgb24", interpolation="AREA"
        ).to_ndarray()

    # More threads win nothing on small pictures, and the workers are as many as the cores.
    return on_screen(path, PICTURES_PER_SECOND, small, threads=1)


def on_screen(
    path: Path, per_second: int, drawn: Callable[[av.VideoFrame], Picture], threads: int
) -> Iterator[Picture]:
    """What is on the screen this many times per second, drawn from each frame that is seen; streamed.

    A first picture that comes late stands still from the file's start on.
    """
    emitted = 0
    shown: av.VideoFrame | None = None

    def until(slot: int) -> Iterator[Picture]:
        nonlocal emitted
        if shown is None or emitted >= slot:
            return
        picture = drawn(shown)
        while emitted < slot:
            emitted += 1
            yield picture

    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = threads
        start = start_of(container)
        try:
            for frame in container.decode(stream):
                slot = ((frame.time or 0.0) - start) * per_second
                yield from until(math.ceil(slot - 1e-6))
                shown, last_slot = frame, math.floor(slot + 1e-6)
        except (av.FFmpegError, UnicodeDecodeError) as error:
            raise DataError(f"{path} is damaged after {emitted} pictures ({error}); copy it again") from None
    if shown is None:
        raise DataError(f"{path} holds no picture; expected a video")
    yield from until(last_slot + 1)


def _opened(path: Path) -> "av.container.InputContainer":
    try:
        container = av.open(str(path))
    # The tags of a damaged file may be no text.
    except (av.FFmpegError, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be opened as a video ({error}); expected a file like mp4") from None
    if not container.streams.video:
        container.close()
        raise DataError(f"{path} holds no video stream; expected a video")
    return container
