"""Clips mixed per CPU-second, shard in and shard out: `python -m stages.mix.bench`."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from stages.common.artifacts import write_table
from stages.common.audio import SAMPLE_RATE
from stages.common.parallel import one_process
from stages.common.params import load_params
from stages.common.shards import partition, shard_path, write_manifest, write_shard
from stages.mix.__main__ import QUERIES, SPEECH, mix_all

CLIPS, SECONDS, REQUIRED = 3000, 6, 300
# As many queries per noise clip as ActivityNet (37,000) has with the 1,200 of ESC-50's training folds.
NOISES = CLIPS // 30


def main() -> None:
    """Measure and print the rate."""
    params = load_params()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), one_process():
        _write_corpus()
        folds = params.noise.folds.model_copy(update={"train": [1], "dev": [2], "test": [3]})
        esc50 = Path(folder) / "esc50"
        _write_noise(esc50)
        noise = params.noise.model_copy(update={"esc50": str(esc50), "sha256": None, "folds": folds})
        begin, wall = time.process_time(), time.perf_counter()
        metrics = mix_all(params.model_copy(update={"noise": noise}))
        seconds = time.process_time() - begin
        wall = time.perf_counter() - wall
    print(
        f"mixed {CLIPS} clips of {SECONDS} s ({metrics['noisy']} noisy, {metrics['scaled']} scaled) with "
        f"{NOISES} noise clips of 44.1 kHz in {seconds:.2f} CPU-seconds ({wall:.1f} s on the clock, "
        f"one process of {os.cpu_count()} cores): {CLIPS / seconds:.0f} clips per CPU-second, "
        f"required {REQUIRED}"
    )


def _write_corpus() -> None:
    ids = [f"q{number:06d}" for number in range(CLIPS)]
    write_table(QUERIES, pd.DataFrame({"query_id": ids, "speech_id": ids, "split": "train"}))
    rng = np.random.default_rng(0)
    syllables = 4000 * np.abs(np.sin(np.arange(SECONDS * SAMPLE_RATE) * 3 * np.pi / SAMPLE_RATE))

    def speech(part: list[str]) -> Iterator[tuple[str, np.ndarray]]:
        for speech_id in part:
            yield speech_id, (syllables * rng.standard_normal(len(syllables))).clip(-32767, 32767)

    parts = partition(ids)
    for number, part in enumerate(parts):
        write_shard(shard_path(SPEECH, number), speech(part), "int16")
    write_manifest(SPEECH, len(parts))


def _write_noise(folder: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"1-{number}-A-0.wav" for number in range(NOISES)]
    (folder / "audio").mkdir(parents=True)
    (folder / "meta").mkdir()
    for name in names:
        hiss = 0.1 * rng.standard_normal(5 * 44_100)
        soundfile.write(folder / "audio" / name, hiss, 44_100, subtype="PCM_16")
    pd.DataFrame({"filename": names, "fold": 1}).to_csv(folder / "meta" / "esc50.csv", index=False)


if __name__ == "__main__":
    main()
