"""The pictures of a joined video: those of its clips, one fading into the next."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

from stages.common.artifacts import written_whole
from stages.corpus.joined.plan import JoinedVideo, Piece
from stages.corpus.video_files import on_screen

Picture = UInt8[np.ndarray, "h w 3"]
Files = Callable[[Piece], Path]


def fitted(width: int, height: int) -> Callable[[av.VideoFrame], Picture]:
    """How a frame becomes a picture of this size: turned upright, scaled to cover it, cut to its middle."""
    reformatter = VideoReformatter()

    def drawn(frame: av.VideoFrame) -> Picture:
        turns = round(frame.rotation / 90) % 4
        wide, high = (height, width) if turns % 2 else (width, height)
        scale = max(wide / frame.width, high / frame.height)
        size = max(round(frame.width * scale), wide), max(round(frame.height * scale), high)
        picture = reformatter.reformat(frame, *size, "rgb24", interpolation="BILINEAR").to_ndarray()
        left, top = (size[0] - wide) // 2, (size[1] - high) // 2
        return np.ascontiguousarray(np.rot90(picture[top : top + high, left : left + wide], turns))

    return drawn


def pictures(
    video: JoinedVideo, file_of: Files, size: tuple[int, int], per_second: int, per_step: int
) -> Iterator[Picture]:
    """The joined video's pictures, `per_step` in each step; no more are held than fade."""
    fading = video.fade * per_step
    before: list[Picture] = []
    for number, piece in enumerate(video.pieces):
        stream = on_screen(file_of(piece), per_second, fitted(*size), threads=1)
        shown = _held(islice(stream, piece.first * per_step, None), piece.steps * per_step)
        fades_out = piece.steps * per_step - fading if number < len(video.pieces) - 1 else None
        after = []
        for place, picture in enumerate(shown):
            joined = blend(before[place], picture, place / fading) if place < len(before) else picture
            if fades_out is not None and place >= fades_out:
                after.append(joined)
            else:
                yield joined
        before = after


def _held(shown: Iterator[Picture], count: int) -> Iterator[Picture]:
    """So many pictures; the last one stands still where a clip ends within its last step."""
    last = None
    for last in islice(shown, count):
        yield last
        count -= 1
    if last is not None:
        yield from [last] * count


def blend(old: Picture, new: Picture, share: float) -> Picture:
    """The one picture fading into the other; at the first picture of a fade the old one stands alone."""
    return np.rint(old * np.float32(1 - share) + new * np.float32(share)).astype(np.uint8)


def write_video(shown: Iterable[Picture], path: Path, size: tuple[int, int], per_second: int) -> None:
    """Write pictures as a video file that any player shows (H.264, 4:2:0), without sound."""
    with written_whole(path) as temporary, av.open(str(temporary), "w") as container:
        stream = container.add_stream(
            "libx264", rate=per_second, options={"preset": "veryfast", "crf": "20", "threads": "1"}
        )
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for picture in shown:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
