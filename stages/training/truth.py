"""The true moments: held by tasks that may see them, by what judges on dev and test, and by nothing else."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stages.common.artifacts import read_table

QUERIES = Path("data/corpus/queries.parquet")
# The columns that hold the moment.
MOMENT = ["start", "end"]


@dataclass(frozen=True)
class Truth:
    """The start and the end of each query's moment, as shares of its video."""

    start: Float[Tensor, " queries"]
    end: Float[Tensor, " queries"]

    @classmethod
    def in_table(cls, queries: pd.DataFrame) -> "Truth":
        """That of some rows of the queries."""
        return cls(*(_shares(queries[side], queries["duration"]) for side in MOMENT))

    def of(
        self, rows: Int[np.ndarray, " batch"], device: torch.device
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """The starts and the ends of some rows."""
        where = torch.from_numpy(rows)
        return self.start[where].to(device), self.end[where].to(device)


def read_truth(split: str) -> Truth:
    """That of a split; its rows are in the order of `QueryData`."""
    table = read_table(QUERIES, "corpus")
    return Truth.in_table(table[table["split"] == split].reset_index(drop=True))


def read_moments(split: str) -> Float[np.ndarray, "queries 2"]:
    """The moments of a split in seconds, in the order of `QueryData`."""
    table = read_table(QUERIES, "corpus")
    return table.loc[table["split"] == split, MOMENT].to_numpy(np.float64)


def _shares(seconds: "pd.Series[float]", duration: "pd.Series[float]") -> Float[Tensor, " queries"]:
    return torch.from_numpy((seconds / duration).to_numpy(np.float32))
