"""Features of every video [T, D], extracted or imported, as float16."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from stages.common.building import build_shards
from stages.common.errors import DataError
from stages.corpus.extractors.extractor import Extractor
from stages.corpus.queries import Source

T = TypeVar("T")

# What a manifest says of features that were imported, where others have their extractor's facts.
IMPORTED = {"name": "arrays"}
# Of half precision, in which features are stored.
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class FromArrays:
    """Somebody's features of a video, as they are."""

    source: Source

    def __call__(self, video_id: str) -> Float[np.ndarray, "t d"]:
        array = self.source.features(video_id)
        if array is None or not len(array):
            raise DataError(f"video {video_id} has no features")
        if not np.isfinite(array).all():
            raise DataError(f"the features of video {video_id} hold NaN or infinite values")
        largest = float(np.abs(array).max())
        if largest > _LARGEST:
            raise DataError(
                f"the features of video {video_id} hold {largest:g}; they are stored in half precision, "
                f"which ends at {_LARGEST:g}: scale them"
            )
        return array


def write_features(
    folder: Path,
    videos: Mapping[str, T],
    extract: Callable[[T], np.ndarray],
    extractor: Mapping[str, object],
) -> dict[str, str]:
    """Write the features and what they came from; return the videos that can't be read, and why."""
    return build_shards(
        folder, videos, extract, "float16", "video", kind="features", extractor=dict(extractor)
    )


def write_extracted(
    folder: Path, videos: Mapping[str, Path], extractor: Extractor, seconds: float
) -> dict[str, str]:
    """Write what an extractor makes of video files, in all `seconds` long."""
    with extractor.at_work(seconds):
        return write_features(folder, videos, extractor.extract, extractor.facts)
