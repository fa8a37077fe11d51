"""Clips per CPU-second, int16 shard in and float16 shard out: `python -m stages.mels.bench`."""

import tempfile
import time
from pathlib import Path

import numpy as np

from stages.common.audio import SAMPLE_RATE
from stages.common.building import build_shards
from stages.common.logmel import LogMel
from stages.common.parallel import one_process
from stages.common.params import load_params
from stages.common.shards import Shards
from stages.mels.__main__ import MelsOf

CLIPS, SECONDS = 600, 6


def main() -> None:
    """Measure on noise: a spectrogram's cost does not depend on what is said."""
    rng = np.random.default_rng(0)
    clips = {
        f"clip-{number:04d}": rng.integers(-3000, 3000, SECONDS * SAMPLE_RATE).astype(np.int16)
        for number in range(CLIPS)
    }
    with tempfile.TemporaryDirectory() as folder, one_process():
        mixed, out = Path(folder) / "mixed", Path(folder) / "mels"
        build_shards(mixed, clips, lambda samples: samples, "int16", "clip")
        logmel = LogMel(load_params().mels)
        logmel(clips["clip-0000"])
        start = time.process_time()
        ids = {clip_id: clip_id for clip_id in clips}
        build_shards(out, ids, MelsOf(Shards(mixed, "mix"), logmel), "float16", "clip")
        spent = time.process_time() - start
    print(f"{CLIPS} clips of {SECONDS} s: {CLIPS / spent:.0f} clips per CPU-second, files read and written")


if __name__ == "__main__":
    main()
