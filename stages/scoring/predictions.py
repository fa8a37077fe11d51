"""The table of predictions, `predictions/<method>.parquet`: a row per query, the truth beside the guess."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from stages.common.errors import DataError
from stages.scoring.metrics import MOMENTS, QueryScores, score_moments
from stages.scoring.moments import top_moments

TRUTH = ["query_id", "video_id", "duration", "start", "end"]
RANKED = [f"{name}_{rank}" for rank in range(1, MOMENTS + 1) for name in ("start", "end", "score")]
DISTRIBUTIONS = ["p_start", "p_end"]
COLUMNS = [*TRUTH, *RANKED, *DISTRIBUTIONS]


def prediction_table(
    queries: pd.DataFrame,
    p_start: Float[np.ndarray, "queries frames"],
    p_end: Float[np.ndarray, "queries frames"],
    suppression: float,
) -> pd.DataFrame:
    """Rank the moments of each row of `queries` (the columns of `TRUTH`), given its distributions."""
    sensible = np.isfinite(p_start) & (p_start >= 0) & np.isfinite(p_end) & (p_end >= 0)
    _refuse(queries, ~sensible.all(axis=1), "no distribution: NaN, infinity or a negative probability")
    _refuse(queries, ~(queries["duration"] > 0).to_numpy(), "a video without length")
    duration = queries["duration"].to_numpy(np.float64)
    moments = top_moments(p_start, p_end, duration, MOMENTS, suppression)
    table = queries[TRUTH].reset_index(drop=True)
    ranked = pd.DataFrame(moments.reshape(len(queries), len(RANKED)), columns=RANKED)
    table = pd.concat([table, ranked], axis=1)
    for name, rows in zip(DISTRIBUTIONS, (p_start, p_end), strict=True):
        table[name] = list(rows.astype(np.float32))
    return table


def _refuse(queries: pd.DataFrame, wrong: Bool[np.ndarray, " queries"], fault: str) -> None:
    if wrong.any():
        raise DataError(
            f"query {queries['query_id'].to_numpy()[wrong.argmax()]!r} has {fault} "
            f"({wrong.sum()} of {len(queries)} queries); its predictions can't be scored"
        )


def truth_of(table: pd.DataFrame) -> tuple[Float[np.ndarray, "queries 2"], Float[np.ndarray, " queries"]]:
    """The true moments in seconds and the durations of their videos; works on queries and predictions."""
    return table[["start", "end"]].to_numpy(np.float64), table["duration"].to_numpy(np.float64)


def moments_of(table: pd.DataFrame) -> Float[np.ndarray, "queries 5 2"]:
    """The ranked moments of a table of predictions, in seconds."""
    return table[RANKED].to_numpy(np.float64).reshape(len(table), MOMENTS, 3)[..., :2]


def curves_of(table: pd.DataFrame) -> dict[str, Float[np.ndarray, "queries frames"]]:
    """What a table of predictions says of each cell of the videos, by the names of its columns."""
    names = [name for name in ("p_start", "p_end", "relevance") if name in table]
    return {name: np.stack(list(table[name])).astype(np.float32) for name in names}


def score_predictions(table: pd.DataFrame) -> QueryScores:
    """Score a table of predictions."""
    return score_moments(table["video_id"].to_numpy(str), moments_of(table), *truth_of(table))
