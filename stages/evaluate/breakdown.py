"""Where a method succeeds: by length of the moment, loudness of the noise, speaker, and way of asking."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.common.snr_bands import snr_bands
from stages.scoring.metrics import Metrics, QueryScores, mean_metrics

# Percent of the video. The quartiles of ActivityNet's test moments are 14, 29 and 46.
LENGTH_BORDERS = (0, 10, 20, 30, 50, 75, 100)


def table_of(breakdowns: Mapping[str, Mapping[str, Metrics]]) -> pd.DataFrame:
    """A row per band, for a DVC plot: as metrics they would bury what `dvc metrics diff` is asked for."""
    return pd.DataFrame(
        {"band": f"{kind} {band}", **metrics}
        for kind, bands in breakdowns.items()
        for band, metrics in bands.items()
    )


def by_length(
    scores: QueryScores, truth: Float[np.ndarray, "queries 2"], duration: Float[np.ndarray, " queries"]
) -> dict[str, Metrics]:
    """The metrics of moments that cover so many percent of their video, e.g. "10-20%"."""
    percent = 100 * (np.minimum(truth[:, 1], duration) - truth[:, 0]) / duration
    bands = np.digitize(percent, LENGTH_BORDERS[1:-1])
    names = [f"{low}-{high}%" for low, high in pairwise(LENGTH_BORDERS)]
    return {
        name: mean_metrics(scores.only(bands == band))
        for band, name in enumerate(names)
        if (bands == band).any()
    }


def by_snr(scores: QueryScores, snr_db: Float[np.ndarray, " queries"]) -> dict[str, Metrics]:
    """The metrics of queries mixed at so many dB, e.g. "3 to 6 dB"; NaN is clean speech."""
    return {name: mean_metrics(scores.only(rows)) for name, rows in snr_bands(snr_db).items()}


def by_video(scores: QueryScores, duration: Float[np.ndarray, " queries"]) -> pd.DataFrame:
    """The mIoU of the queries about each video, of which there are so many."""
    table = pd.DataFrame({"video_id": scores.video_ids, "seconds": duration, "mIoU": 100 * scores.iou})
    groups = table.groupby("video_id", sort=True)
    return groups.agg(seconds=("seconds", "first"), queries=("mIoU", "size"), mIoU=("mIoU", "mean")).round(3)


def by_caption(scores: QueryScores, queries: pd.DataFrame) -> dict[str, Metrics]:
    """The metrics of the first caption of each moment and of its others, where moments have several."""
    later = queries.duplicated(["video_id", "start", "end"]).to_numpy()
    if not later.any():
        return {}
    return {name: mean_metrics(scores.only(rows)) for name, rows in (("first", ~later), ("other", later))}


def by_speaker(scores: QueryScores, speakers: Iterable[str], known: Iterable[str]) -> dict[str, Metrics]:
    """The metrics of speakers heard in training and of new ones; nothing where speakers have no names."""
    names, trained = np.array(list(speakers)), set(known)
    groups = {
        "heard in training": np.isin(names, list(trained)) & (names != ""),
        "new": ~np.isin(names, list(trained)) & (names != ""),
    }
    return {name: mean_metrics(scores.only(rows)) for name, rows in groups.items() if rows.any()}
