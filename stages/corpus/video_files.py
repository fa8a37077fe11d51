"""Video files as small pictures at a steady rate, whatever their codec, size and frame rate."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

from stages.common.errors import DataError

PICTURE_SIDE = 64
PICTURES_PER_SECOND = 4


def duration_of(path: Path) -> float:
    """A video's length in seconds."""
    with _opened(path) as container:
        stream = container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        if container.duration is not None:
            return container.duration / av.time_base
    raise DataError(f"{path} does not say how long it is; give the column `duration`, or re-encode it")


def pictures(path: Path) -> Iterator[UInt8[np.ndarray, "64 64 3"]]:
    """The picture shown at each quarter of a second; a gap in the file repeats the last one."""
    reformatter = VideoReformatter()
    shown = 0
    with _opened(path) as container:
        stream = container.streams.video[0]
        # More threads win nothing on small pictures, and the workers are as many as the cores.
        stream.thread_count = 1
        try:
            for frame in container.decode(stream):
                wanted = round((frame.time or 0.0) * PICTURES_PER_SECOND) + 1 - shown
                if wanted <= 0:
                    continue
                small = reformatter.reformat(
                    frame, PICTURE_SIDE, PICTURE_SIDE, "rgb24", interpolation="AREA"
                ).to_ndarray()
                for _ in range(wanted):
                    yield small
                shown += wanted
        except av.FFmpegError as error:
            raise DataError(f"{path} is damaged after {shown} pictures ({error}); copy it again") from None
    if not shown:
        raise DataError(f"{path} holds no picture; expected a video")


def _opened(path: Path) -> "av.container.InputContainer":
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise DataError(f"{path} can't be opened as a video ({error}); expected a file like mp4") from None
    if not container.streams.video:
        container.close()
        raise DataError(f"{path} holds no video stream; expected a video")
    return container
