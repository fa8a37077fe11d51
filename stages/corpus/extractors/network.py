"""Features by a network: clips of a video's pictures, a few at a time, on CUDA where there is one."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
import torch
from av.video.reformatter import VideoReformatter
from jaxtyping import Float, UInt8
from torch import nn
from tqdm import tqdm

from stages.common.parallel import one_process
from stages.corpus.extractors.extractor import Progress, untold
from stages.corpus.extractors.windows import clips
from stages.corpus.video_files import Picture, on_screen

# Clips at a time. A CPU gains nothing by more than one.
_BATCH = {"cuda": 16, "cpu": 1}


@dataclass(frozen=True)
class Looks:
    """What a network is shown of a video."""

    per_second: int
    # Pictures of a clip, and from one clip to the next.
    frames: int
    stride: int
    # A picture is made this large (width and height; one number: its shorter side), and cut to its middle.
    resized: int | tuple[int, int]
    cut: int
    interpolation: str


def middle(looks: Looks) -> Callable[[av.VideoFrame], UInt8[np.ndarray, "cut cut 3"]]:
    """How a frame becomes a picture: turned upright, resized and cut."""
    reformatter = VideoReformatter()

    def drawn(frame: av.VideoFrame) -> UInt8[np.ndarray, "cut cut 3"]:
        # Phones store a picture as the sensor lies, and beside it how to turn it.
        turns = round(frame.rotation / 90) % 4
        width, height = _size(frame, looks, sideways=turns % 2 == 1)
        small = reformatter.reformat(frame, width, height, "rgb24", interpolation=looks.interpolation)
        top, left = (height - looks.cut) // 2, (width - looks.cut) // 2
        picture = small.to_ndarray()[top : top + looks.cut, left : left + looks.cut]
        return np.rot90(picture, turns)

    return drawn


def _size(frame: av.VideoFrame, looks: Looks, sideways: bool) -> tuple[int, int]:
    if isinstance(looks.resized, tuple):
        width, height = looks.resized
        return (height, width) if sideways else (width, height)
    scale = looks.resized / min(frame.width, frame.height)
    return max(round(frame.width * scale), looks.cut), max(round(frame.height * scale), looks.cut)


def device() -> torch.device:
    """CUDA where there is one; `CUDA_VISIBLE_DEVICES=` (empty) hides it."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass
class Network:
    """An extractor that is a network from clips [batch, frames, h, w, 3] to rows [batch, width]."""

    name: str
    width: int
    network: nn.Module
    looks: Looks
    # Of the weights: another checkpoint is another extractor.
    sha256: str
    _seen: int = 0
    _count: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False).to(device())

    @property
    def facts(self) -> dict[str, object]:
        looks = self.looks
        shown = {"pictures_per_second": looks.per_second, "frames": looks.frames, "stride": looks.stride}
        return {"name": self.name, "width": self.width, "weights": self.sha256, **shown}

    def extract(self, path: Path) -> Float[np.ndarray, "t width"]:
        """A row per `stride` pictures."""
        return self._rows(on_screen(path, self.looks.per_second, middle(self.looks), threads=0))

    def _rows(self, shown: Iterable[UInt8[np.ndarray, "cut cut 3"]]) -> Float[np.ndarray, "t width"]:
        where = next(self.network.parameters()).device
        stream = clips(self._counted(shown), self.looks.frames, self.looks.stride)
        rows = []
        # The same numbers each time, and none rounded to 10 bits.
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False),
        ):
            while batch := list(islice(stream, _BATCH[where.type])):
                rows.append(self.network(torch.from_numpy(np.stack(batch)).to(where)).float().cpu().numpy())
        return np.concatenate(rows)

    @contextmanager
    def at_work(self, seconds: float, progress: Progress = untold) -> Iterator[None]:
        """Show a bar of pictures, or tell of them, and say at the end how many went by per second."""
        start, before = time.perf_counter(), self._seen
        total = round(seconds * self.looks.per_second)
        # Whoever is told needs no bar.
        hidden = None if progress is untold else True
        # A network keeps all cores, or the GPU, busy by itself.
        with one_process(), tqdm(total=total, desc=self.name, unit="picture", disable=hidden) as bar:

            def count() -> None:
                bar.update()
                progress(min(1.0, (self._seen - before) / max(1, total)))

            self._count = count
            yield
        seen, took = self._seen - before, time.perf_counter() - start
        if seen:
            print(
                f"{self.name} on {device().type}: {seen:,} pictures in {took:,.1f} s, "
                f"{seen / took:,.1f} per second"
            )

    def _counted(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        for picture in pictures:
            self._seen += 1
            self._count()
            yield picture


class PictureNetwork(Network):
    """A network that sees one picture at a time: a row is that of its picture, wherever that stands."""

    def rows(self, pictures: Iterable[UInt8[np.ndarray, "h w 3"]]) -> Float[np.ndarray, "t width"]:
        """A row per picture."""
        drawn = middle(self.looks)
        return self._rows(drawn(av.VideoFrame.from_ndarray(picture, format="rgb24")) for picture in pictures)
