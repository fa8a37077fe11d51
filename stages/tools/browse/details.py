"""What a case shows when it is opened: its speech, its spectrogram, all moments and curves of each method."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.common.audio import SAMPLE_RATE
from stages.common.parallel import run_tasks
from stages.common.shards import Shards
from stages.scoring.predictions import curves_of, moments_of
from stages.tools.browse.cases import BLOCK
from stages.tools.browse.run import Run
from stages.tools.browse.scripts import write_call
from stages.tools.browse.sound import write_spectrogram, write_speech

Answers = dict[str, pd.DataFrame]


def write_details(folder: Path, run: Run) -> None:
    """Write the files of all cases, a hundred at a time."""
    for name in ("details", "speech", "spectrograms"):
        (folder / name).mkdir()
    ids = list(run.queries["query_id"])
    mixed, mels = Shards(Path("data/mixed"), "mix"), Shards(Path("data/mels"), "mels")
    hop = run.params.mels.hop_ms / 1000
    tasks = [
        (folder, first, ids[first : first + BLOCK], _part(run, first), mixed, mels, hop)
        for first in range(0, len(ids), BLOCK)
    ]
    run_tasks(_write_block, tasks, "cases", "case", len(ids))


def _part(run: Run, first: int) -> Answers:
    return {name: table.iloc[first : first + BLOCK] for name, table in run.predictions.items()}


def _write_block(
    folder: Path, first: int, ids: list[str], answers: Answers, mixed: Shards, mels: Shards, hop: float
) -> None:
    methods = [answers_of(table) for table in answers.values()]
    details = []
    for place, query_id in enumerate(ids):
        samples, mel = mixed[query_id], mels[query_id]
        write_speech(folder / f"speech/{first + place:05d}.mp3", samples)
        write_spectrogram(folder / f"spectrograms/{first + place:05d}.png", mel)
        details.append(
            {
                "speech": round(len(samples) / SAMPLE_RATE, 3),
                "spectrogram": round(len(mel) * hop, 3),
                "answers": [method[place] for method in methods],
            }
        )
    write_call(folder / f"details/{first // BLOCK:03d}.js", "takeDetails", first // BLOCK, details)


def answers_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Per query a method's moments, best first, and its curves."""
    moments, curves = np.round(moments_of(table), 3).tolist(), curves_of(table)
    return [
        {"moments": best, **_written({name: rows[place] for name, rows in curves.items()})}
        for place, best in enumerate(moments)
    ]


def _written(curves: Mapping[str, Float[np.ndarray, " frames"]]) -> dict[str, Any]:
    """The curves as bytes, 255 at the highest one's peak: finer than a page can draw them."""
    peak = max(float(np.finfo(np.float32).tiny), *(float(curve.max()) for curve in curves.values()))
    return {
        "peak": float(f"{peak:.4g}"),
        "curves": {
            name: b64encode(np.round(curve / peak * 255).astype(np.uint8).tobytes()).decode()
            for name, curve in curves.items()
        },
    }
