"""A video as a grounder sees it: described once, then asked many times."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from tqdm import tqdm

from stages.common.errors import DataError
from stages.common.loading import mean_over_bins
from stages.corpus.arrays import SUFFIXES, Arrays
from stages.corpus.extractors.extractor import Extractor, Pixels, Progress, untold
from stages.corpus.pixels import describe
from stages.corpus.video_files import PICTURES_PER_SECOND, pictures
from stages.tools.ask.cache import Cache, Described
from stages.tools.ask.opening import announced_length

SHORTEST_SECONDS = 1.0
# A file whose pictures end this much before its announced length was cut short; where they end so much after
# it, as some with an uneven frame rate do, it announces too little.
_UNLIKE_SECONDS = 1.0


@dataclass(eq=False)
class Video:
    """The features of a video [T, D] in float16, as the corpus stores them. Each is only equal to itself."""

    path: Path
    duration: float
    features: Float[np.ndarray, "steps width"]
    # What they came from, as the manifest of a corpus' features says it.
    extractor: Mapping[str, object]
    notes: list[str] = field(default_factory=list)
    # What describing took, or finding the description in the cache.
    seconds: float = 0.0
    from_cache: bool = False
    _grids: dict[int, Float[np.ndarray, "frames width"]] = field(default_factory=dict, repr=False)

    def on_grid(self, frames: int) -> Float[np.ndarray, "frames width"]:
        """The features averaged over equal parts of the video, as in training."""
        if frames not in self._grids:
            self._grids[frames] = mean_over_bins(self.features.astype(np.float32), frames)
        return self._grids[frames]


def described(path: Path, extractor: Extractor, cache: Cache, progress: Progress = untold) -> Video:
    """Describe a video by the code that described the corpus', unless that has been done before.

    The file is streamed: what is kept of it are its features.
    """
    start = time.perf_counter()
    announced = announced_length(path)
    key = cache.key_of(path, extractor.facts)
    found = cache.read(key)
    content = found or (
        _describe(path, announced, progress)
        if isinstance(extractor, Pixels)
        else _extracted(path, announced, extractor, progress)
    )
    if content.duration < SHORTEST_SECONDS:
        raise DataError(
            f"{path} lasts {content.duration:.2f} s; expected at least {SHORTEST_SECONDS:g} s of video"
        )
    notes = []
    if announced is not None and content.duration < announced:
        notes.append(
            f"{path} says it lasts {announced:.1f} s, and holds pictures for {content.duration:.1f} s"
        )
    if found is None and (fault := cache.write(key, content)):
        notes.append(fault)
    seconds = time.perf_counter() - start
    return Video(path, content.duration, content.features, extractor.facts, notes, seconds, found is not None)


def _describe(path: Path, announced: float | None, progress: Progress) -> Described:
    seen = 0

    def counted() -> Iterator[UInt8[np.ndarray, "64 64 3"]]:
        nonlocal seen
        expected = None if announced is None else round(announced * PICTURES_PER_SECOND)
        # Whoever is told needs no bar.
        bar = None if progress is untold else True
        for picture in tqdm(pictures(path), desc=path.name, total=expected, unit="picture", disable=bar):
            seen += 1
            if expected:
                progress(min(1.0, seen / expected))
            yield picture

    features = describe(counted()).astype(np.float16)
    held = seen / PICTURES_PER_SECOND
    if announced is None or abs(held - announced) > _UNLIKE_SECONDS:
        return Described(features, held)
    return Described(features, announced)


def _extracted(path: Path, announced: float | None, extractor: Extractor, progress: Progress) -> Described:
    duration = _known(path, announced)
    with extractor.at_work(duration, progress):
        return Described(extractor.extract(path).astype(np.float16), duration)


def _known(path: Path, announced: float | None) -> float:
    if announced is None:
        raise DataError(f"{path} does not say how long it is; re-encode it")
    return announced


def imported(path: Path, features: Path, extractor: Mapping[str, object]) -> Video:
    """A video with the features that `extractor` made of it elsewhere: a .npy or .h5 file, [T, D]."""
    start = time.perf_counter()
    if not features.is_file():
        raise DataError(f"{features} does not exist; expected the video's features, [T, D]")
    if features.suffix not in SUFFIXES:
        raise DataError(f"{features} is no {', '.join(SUFFIXES)} file; expected the video's features, [T, D]")
    beside = [other.name for suffix in SUFFIXES if (other := features.with_suffix(suffix)).is_file()]
    if len(beside) > 1:
        raise DataError(f"{features.parent} holds {' and '.join(beside)}; keep one")
    array = Arrays(features.parent)[features.stem].astype(np.float16)
    length = _known(path, announced_length(path))
    return Video(path, length, array, extractor, seconds=time.perf_counter() - start)
