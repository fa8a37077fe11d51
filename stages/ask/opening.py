"""What a video file says of itself, and what is refused before it is decoded."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Disposition

from stages.common.errors import DataError


@dataclass(frozen=True)
class Facts:
    """A video's length, where the file says it, and when its first picture is shown; in seconds."""

    duration: float | None
    first_time: float


def facts_of(path: Path) -> Facts:
    """Open a video file; refused is what shows no moving pictures."""
    if not path.exists():
        raise DataError(f"{path} does not exist; expected a video there")
    if not path.is_file():
        raise DataError(f"{path} is no file; expected a video")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        # FFmpeg repeats the path.
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} is no video that can be read ({reason}); expected a file like mp4") from None
    with container:
        shown = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not shown:
            found = "sound and no video" if container.streams.audio else "no video"
            raise DataError(f"{path} holds {found}; the video comes first, then the speech")
        stream = shown[0]
        if stream.codec_context is None:
            raise DataError(
                f"{path} is coded in a way that the installed FFmpeg can't decode; convert it, e.g. "
                "`ffmpeg -i VIDEO -c:v libx264 out.mp4`"
            )
        unit = stream.time_base
        first = float(stream.start_time * unit) if stream.start_time and unit else 0.0
        return Facts(_duration(container, stream), max(0.0, first))


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # Recorders in browsers write neither.
    return None if container.duration is None else container.duration / av.time_base
