"""The text of every query, as a method that reads is given it."""

from pathlib import Path

import pandas as pd

from stages.common.artifacts import read_table
from stages.common.errors import DataError

QUERIES = Path("data/corpus/queries.parquet")
TRANSCRIPTS = Path("data/transcripts/transcripts.parquet")


def texts_of(query: str, train_query: str | None = None) -> pd.DataFrame:
    """query_id, split and text of every query, sorted by id; of none when speech is listened to.

    `train_query` is what the training split reads instead.
    """
    queries = read_table(QUERIES, "corpus").sort_values("query_id", ignore_index=True)
    table = queries[["query_id", "split"]].copy()
    if query == "captions":
        table["text"] = queries["caption"]
    elif query == "transcripts":
        captions = (queries["split"] == "train") & (train_query == "captions")
        transcripts = _transcripts_of(queries["query_id"][~captions])
        table["text"] = queries["caption"].where(captions, transcripts)
    else:
        table = table.iloc[:0].assign(text="")
    return table


def _transcripts_of(query_ids: "pd.Series[str]") -> "pd.Series[str]":
    # By id, never by place: where nothing was understood nothing is read, not the next query's words.
    texts = read_table(TRANSCRIPTS, "transcripts").set_index("query_id")["text"]
    if texts.empty:
        raise DataError(
            f"{TRANSCRIPTS} is empty: no row that reads transcripts was in `compare`; add one and run "
            "`dvc repro`"
        )
    if missing := sorted(set(query_ids) - set(texts.index)):
        raise DataError(
            f"{TRANSCRIPTS} has no query {missing[0]!r}, nor {len(missing) - 1} others of {QUERIES}; "
            "run `dvc repro -sf transcripts`"
        )
    return query_ids.map(texts)
