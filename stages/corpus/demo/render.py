"""A demo world as an mp4 file that any player shows (H.264, 4:2:0)."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from jaxtyping import UInt8

from stages.common.artifacts import written_whole
from stages.corpus.demo.motion import Pose, pose
from stages.corpus.demo.sprites import ANGLES, SIDE, backdrop, rgb, sprite
from stages.corpus.demo.world import FRAMES_PER_SECOND, World


def frames(world: World, seed: int, video_id: str) -> Iterator[UInt8[np.ndarray, "side side 3"]]:
    """The pictures of a world, one after the other."""
    still = backdrop(world.scene, seed, video_id)
    for stander in world.bystanders:
        _paint(still, stander.shape, rgb(stander.colour), Pose(*stander.place, radius=12))
    for number in range(round(world.duration * FRAMES_PER_SECOND)):
        time = number / FRAMES_PER_SECOND
        picture = still.copy()
        for event in world.events:
            if event.start - event.lingers <= time < event.end + event.lingers:
                _paint(picture, event.shape, rgb(event.colour), pose(event, time))
        yield picture


def _paint(picture: UInt8[np.ndarray, "side side 3"], shape: str, colour: np.ndarray, where: Pose) -> None:
    if not where.shows:
        return
    mask = sprite(shape, round(where.radius), round(where.turn * ANGLES) % ANGLES)
    width = len(mask)
    left, top = round(where.x * SIDE - width / 2), round(where.y * SIDE - width / 2)
    # What reaches over the border is cut off.
    x0, x1, y0, y1 = max(left, 0), min(left + width, SIDE), max(top, 0), min(top + width, SIDE)
    if x0 >= x1 or y0 >= y1:
        return
    alpha = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
    patch = picture[y0:y1, x0:x1]
    patch[:] = (patch + alpha * (colour - patch)).astype(np.uint8)


def render(world: World, seed: int, video_id: str, path: Path) -> None:
    """Write the world as a video file."""
    with written_whole(path) as temporary, av.open(str(temporary), "w") as container:
        stream = container.add_stream(
            "libx264", rate=FRAMES_PER_SECOND, options={"preset": "veryfast", "crf": "20", "threads": "1"}
        )
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for picture in frames(world, seed, video_id):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
