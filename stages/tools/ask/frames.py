"""Pictures out of a video at given times, without decoding all of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import UInt8

from stages.common.errors import DataError
from stages.corpus.video_files import start_of

_HEIGHT = 120
_FURTHER_SECONDS = 10.0


def upright(frame: av.VideoFrame) -> av.VideoFrame:
    """The picture as players show it: phones write a turned one and say by how much."""
    turns = round(frame.rotation / 90) % 4
    if not turns:
        return frame
    picture = np.rot90(frame.to_ndarray(format="rgb24"), turns).astype(np.uint8, order="C")
    turned = av.VideoFrame.from_ndarray(picture, format="rgb24")
    turned.pts, turned.time_base = frame.pts, frame.time_base
    return turned


def thumbnails(path: Path, times: Sequence[float]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """The pictures on the screen at `times`, which rise, in seconds."""
    pictures = []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for time in times:
                pictures.append(_small(upright(_shown_at(container, stream, time))))
    except av.FFmpegError as error:
        raise DataError(f"{path} can't be drawn ({error.strerror}); copy it again") from None
    return pictures


def frames_from(
    container: av.container.InputContainer, stream: av.VideoStream | av.AudioStream, time: float
) -> Iterator[Any]:
    """Frames from the last key frame before `time` on, in the stream's own time."""
    assert stream.time_base is not None
    # Where a file has no index, what follows the place sought may be no key frame.
    for place in (time, max(0.0, time - _FURTHER_SECONDS), 0.0):
        container.seek(int(place / stream.time_base), stream=stream)
        frames: Iterator[Any] = container.decode(stream)
        first = next(frames, None)
        if first is not None and ((first.time or 0.0) <= time or not place):
            yield first
            yield from frames
            return


def _shown_at(container: av.container.InputContainer, stream: av.VideoStream, time: float) -> av.VideoFrame:
    wanted = time + start_of(container)
    shown = None
    for frame in frames_from(container, stream, wanted):
        if shown is not None and (frame.time or 0.0) > wanted:
            break
        shown = frame
    if shown is None:
        raise DataError(f"no picture is shown at {time:.1f} s; re-encode the video")
    return shown


def _small(frame: av.VideoFrame) -> UInt8[np.ndarray, "h w 3"]:
    width = max(1, round(frame.width * _HEIGHT / frame.height))
    return frame.reformat(width, _HEIGHT, "rgb24", interpolation="AREA").to_ndarray()
