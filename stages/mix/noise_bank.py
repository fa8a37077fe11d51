"""The noise clips decoded once, to 16 kHz mono, in shards that all workers read.

Decoding and resampling a clip costs twice what mixing a query does, and the real ESC-50 as arrays is
too large to hold in each worker.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from stages.common.audio import read_audio, to_int16
from stages.common.building import build_shards
from stages.common.errors import DataError


def decode_clips(paths: Sequence[Path], folder: Path) -> None:
    """Write the clips to `folder`, keyed by file name."""
    failures = build_shards(folder, {path.name: path for path in paths}, _decode, "int16", "clip")
    if failures:
        raise DataError(f"{min(failures.values())} (unusable noise clips: {len(failures)} of {len(paths)})")


def _decode(path: Path) -> Int16[np.ndarray, " t"]:
    return to_int16(read_audio(path))[0]
