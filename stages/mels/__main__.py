"""The mels room: a log-mel spectrogram [T, bands] of every mixed query, in float16 shards."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.artifacts import (
    code_fingerprint,
    fingerprint,
    resumable_folder,
    sha256_of,
    write_json,
)
from stages.common.audio import SAMPLE_RATE
from stages.common.building import build_shards
from stages.common.errors import DataError, ParamsError, stage_entry
from stages.common.logmel import LogMel
from stages.common.params import load_params
from stages.common.shards import Shards
from stages.common.space import require_space

MIXED = Path("data/mixed")
OUT = Path("data/mels")


@dataclass(frozen=True)
class MelsOf:
    """A query's id to its spectrogram."""

    mixed: Shards
    logmel: LogMel

    def __call__(self, query_id: str) -> Float[np.ndarray, "frames bands"]:
        return self.logmel(self.mixed[query_id])


@stage_entry
def main() -> None:
    """Build data/mels and metrics/stages/mels.json."""
    params = load_params().mels
    logmel = LogMel(params)
    empty = int((logmel.filters.amax(dim=0) == 0).sum())
    if empty:
        raise ParamsError(
            f"mels: {empty} of {params.bands} bands hold no frequency at fft {params.fft}, scale "
            f"{params.scale}; use a larger mels.fft, fewer mels.bands, or mels.scale=slaney"
        )
    mixed = Shards(MIXED, "mix")
    seconds = sum(entry["rows"] for entry in mixed.manifest["shards"]) / SAMPLE_RATE
    key = fingerprint(
        params.model_dump(), sha256_of(MIXED / "manifest.json"), code_fingerprint("mels", "common")
    )
    require_space(OUT, int(seconds * 1000 / params.hop_ms * params.bands * 2), "taking the spectrograms")
    with resumable_folder(OUT, key) as building:
        items = {query_id: query_id for query_id in mixed.ids()}
        failures = build_shards(
            building, items, MelsOf(mixed, logmel), "float16", "clip", kind="mels", bands=params.bands
        )
        if failures:
            raise DataError(next(iter(failures.values())))
        lengths = np.array(list(Shards(building, "mels").lengths().values()))
    facts = {
        "clips": len(lengths),
        "frames_mean": round(float(lengths.mean()), 1),
        "frames_max": int(lengths.max()),
        "frames_min": int(lengths.min()),
        "bands": params.bands,
        "empty_bands": empty,
    }
    write_json(Path("metrics/stages/mels.json"), facts)
    print(
        f"{facts['clips']:,} spectrograms of {facts['bands']} bands, {facts['frames_min']} to "
        f"{facts['frames_max']} frames (mean {facts['frames_mean']})"
    )


if __name__ == "__main__":
    main()
