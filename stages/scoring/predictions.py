"""The table of predictions, `predictions/<method>.parquet`: a row per query, the truth beside the guess."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from stages.common.errors import DataError
from stages.scoring.answers import CURVES, EDGES, RELEVANCE, Answers, Curves
from stages.scoring.metrics import MOMENTS, QueryScores, score_moments

TRUTH = ["query_id", "video_id", "duration", "start", "end"]
RANKED = [f"{name}_{rank}" for rank in range(1, MOMENTS + 1) for name in ("start", "end", "score")]


def prediction_table(queries: pd.DataFrame, answers: Answers) -> pd.DataFrame:
    """The ranked moments of each row of `queries` (the columns of `TRUTH`), and a column per curve."""
    sensible = np.isfinite(answers.moments).all(axis=(1, 2))
    for curve in answers.curves.values():
        sensible &= (np.isfinite(curve) & (curve >= 0)).all(axis=1)
    _refuse(queries, ~sensible, "no answer: NaN, infinity or a negative probability")
    _refuse(queries, ~(queries["duration"] > 0).to_numpy(), "a video without length")
    moments = answers.in_seconds(queries["duration"].to_numpy(np.float64))
    table = queries[TRUTH].reset_index(drop=True)
    ranked = pd.DataFrame(moments.reshape(len(queries), len(RANKED)), columns=RANKED)
    table = pd.concat([table, ranked], axis=1)
    for name, curve in answers.curves.items():
        table[name] = list(curve.astype(np.float32))
    return table


def curves_of(table: pd.DataFrame) -> Curves:
    """The curves of a table of predictions: those of the edges, or the relevance."""
    return {name: np.stack(list(table[name])).astype(np.float32) for name in CURVES if name in table}


def missing_column(table: pd.DataFrame) -> str | None:
    """A column that a table of predictions should have and lacks."""
    curves = [RELEVANCE] if RELEVANCE in table else EDGES
    return next((name for name in [*TRUTH, *RANKED, *curves] if name not in table), None)


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


def score_predictions(table: pd.DataFrame) -> QueryScores:
    """Score a table of predictions."""
    return score_moments(table["video_id"].to_numpy(str), moments_of(table), *truth_of(table))
