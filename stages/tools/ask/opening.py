"""What a video file says of itself, and what is refused before it is decoded."""

from pathlib import Path

import av
from av.stream import Disposition

from stages.common.errors import DataError
from stages.corpus.video_files import length_of


def announced_length(path: Path) -> float | None:
    """A video's length in seconds, where the file says it; refused is what shows no moving pictures."""
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
        # Recorders in browsers write none.
        return length_of(container, stream)
