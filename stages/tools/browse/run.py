"""The run in the workspace: the test queries, and what each method answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.artifacts import read_table
from stages.common.errors import DataError
from stages.common.params import Params
from stages.common.params.load import chosen_method
from stages.evaluate.results import RECIPE, details_of
from stages.scoring.metrics import mean_metrics
from stages.scoring.predictions import TRUTH, missing_column, score_predictions
from stages.scoring.table import Results
from stages.tools.browse.metrics import checked_results
from stages.training.queries import QUERIES, read_queries

TRANSCRIPTS = Path("data/transcripts/transcripts.parquet")


@dataclass(frozen=True)
class Run:
    """Queries by id, with `noise` and `transcript` beside them; predictions have the same rows."""

    params: Params
    results: Results
    queries: pd.DataFrame
    predictions: dict[str, pd.DataFrame]
    # The methods of `compare` that have no predictions yet.
    waiting: list[str]

    @property
    def methods(self) -> list[str]:
        return list(self.predictions)

    def only(self, count: int | None) -> "Run":
        """The same with `count` queries, evenly spread."""
        if count is None or count >= len(self.queries):
            return self
        rows = np.linspace(0, len(self.queries) - 1, count).round().astype(int)
        predictions = {
            name: table.iloc[rows].reset_index(drop=True) for name, table in self.predictions.items()
        }
        queries = self.queries.iloc[rows].reset_index(drop=True)
        return Run(self.params, self.results, queries, predictions, self.waiting)


def read_run(params: Params, chosen: Sequence[str] | None) -> Run:
    """The run of the `chosen` methods, or of those of `compare` that are there."""
    names = [chosen_method(params, name) for name in chosen or params.compare]
    waiting = [name for name in names if not _predictions(name).exists()]
    if len(waiting) == len(names) or (chosen and waiting):
        raise DataError(
            f"{_predictions(waiting[0])} is missing: {waiting[0]} was not evaluated yet; run "
            f"`dvc repro evaluate@{waiting[0]}`, or `dvc checkout` where dvc.lock has it"
        )
    names = [name for name in names if name not in waiting]
    queries = _described(read_queries("test").sort_values("query_id", ignore_index=True))
    predictions = {name: _read_predictions(name, queries) for name in names}
    results = checked_results(names)
    for name, table in predictions.items():
        found, noted = mean_metrics(score_predictions(table))["mIoU"], results.methods[name]["mIoU"]
        if found != noted:
            raise DataError(
                f"{_predictions(name)} has mIoU {found}, {details_of(name)} says {noted}: they "
                "are of different runs; `dvc checkout` brings the predictions that belong to dvc.lock"
            )
    return Run(params, results, queries, predictions, waiting)


def _predictions(name: str) -> Path:
    return Path(f"predictions/{name}.parquet")


def _read_predictions(name: str, queries: pd.DataFrame) -> pd.DataFrame:
    path, cure = _predictions(name), f"run `dvc repro evaluate@{name}`"
    table = read_table(path, f"evaluate@{name}")
    if (lacking := missing_column(table)) is not None:
        raise DataError(f"{path} has no column {lacking}: an earlier version wrote it; {cure}")
    table = table.sort_values("query_id", ignore_index=True)
    if not table[TRUTH].equals(queries[TRUTH]):
        strange = len(set(table["query_id"]) - set(queries["query_id"]))
        raise DataError(
            f"{path} answers {len(table)} queries, {strange} of them not among the {len(queries)} test "
            f"queries of {QUERIES}, or their moments differ; {cure}"
        )
    return table


def _described(queries: pd.DataFrame) -> pd.DataFrame:
    """With the noise that each query was mixed with, and what the recogniser understood of it."""
    recipe = read_table(RECIPE, "mix").set_index("query_id")
    if lacking := sorted(set(queries["query_id"]) - set(recipe.index)):
        raise DataError(f"{RECIPE} has no query {lacking[0]!r}; run `dvc repro mix`")
    columns = {"noise": "noise", "snr_db": "snr_db", "start": "noise_start", "length": "noise_length"}
    noise = recipe.loc[queries["query_id"], list(columns)].rename(columns=columns).reset_index(drop=True)
    described = pd.concat([queries, noise], axis=1)
    if TRANSCRIPTS.exists():
        texts = read_table(TRANSCRIPTS, "transcripts").set_index("query_id")["text"]
        # Empty where no compared row reads them.
        if len(texts):
            described["transcript"] = described["query_id"].map(texts)
    return described
