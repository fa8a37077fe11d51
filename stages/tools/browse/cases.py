"""The list of cases: what a query says, how it was heard, and how well each method answered."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.common.audio import SAMPLE_RATE
from stages.scoring.predictions import score_predictions
from stages.tools.browse.alignment import Mark, errors_in, marks_of
from stages.tools.browse.noises import category_names, category_of
from stages.tools.browse.run import Run
from stages.tools.browse.scripts import write_call
from stages.tools.browse.videos import Place
from stages.training.queries import read_queries

# Cases whose curves lie in one file: few files for 17,000 cases, and a file opens at once.
BLOCK = 100


def write_cases(folder: Path, run: Run, videos: dict[str, Place]) -> None:
    """Write cases.js, which the page loads at its start: a column each, for that is the shortest."""
    places = {video_id: number for number, video_id in enumerate(videos)}
    facts = {
        "methods": run.methods,
        "block": BLOCK,
        "videos": [{"id": video_id, "file": file, "why": why} for video_id, (file, why) in videos.items()],
        "columns": {
            **columns_of(run),
            "video": [places[video_id] for video_id in run.queries["video_id"]],
            "iou": iou_columns(run),
        },
    }
    write_call(folder / "cases.js", "takeCases", facts)


def columns_of(run: Run) -> dict[str, list[Any]]:
    """What is known of each query before anything answers it."""
    queries = run.queries
    heard = set(read_queries("train")["speaker"])
    names = category_names(run.params.noise)
    # Clean speech has no SNR, and JSON no NaN.
    snr = [round(value, 1) if math.isfinite(value) else None for value in queries["snr_db"].astype(float)]
    marks = _marks(queries)
    return {
        "id": list(queries["query_id"]),
        "caption": list(queries["caption"]),
        "start": _seconds(queries["start"]),
        "end": _seconds(queries["end"]),
        "duration": _seconds(queries["duration"]),
        "speaker": list(queries["speaker"]),
        # null: the corpus does not say who speaks.
        "unseen": [name not in heard if name else None for name in queries["speaker"]],
        "noise": [category_of(clip, names) for clip in queries["noise"]],
        "snr": snr,
        "noisyFrom": _seconds(queries["noise_start"] / SAMPLE_RATE),
        "noisyFor": _seconds(queries["noise_length"] / SAMPLE_RATE),
        "marks": marks,
        "misheard": [None if found is None else errors_in(found) for found in marks],
    }


def iou_columns(run: Run) -> list[list[float]]:
    """A column per method, unrounded: the page compares them with thresholds."""
    return [score_predictions(table).iou.tolist() for table in run.predictions.values()]


def _marks(queries: pd.DataFrame) -> list[list[Mark] | None]:
    """None where nothing was transcribed."""
    if "transcript" not in queries:
        return [None] * len(queries)
    known = queries["transcript"].notna().to_numpy()
    found = iter(marks_of(list(queries["caption"][known]), list(queries["transcript"][known])))
    return [next(found) if there else None for there in known]


def _seconds(values: "pd.Series[float]") -> list[float]:
    return np.round(values.to_numpy(np.float64), 3).tolist()
