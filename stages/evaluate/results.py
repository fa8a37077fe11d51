"""The results so far: every method of `compare` that was judged on the same queries and the same noise."""

from collections.abc import Iterable
from pathlib import Path

from stages.common.artifacts import read_json, sha256_of
from stages.scoring.metrics import Metrics
from stages.scoring.table import Results
from stages.training.queries import QUERIES

BLIND = Path("metrics/stages/blind.json")
RECIPE = Path("data/mixed/recipe.parquet")
# The sections of a row's details: all its figures, and those of its control.
OWN, CONTROLLED = "with_its_query", "with_another_query"
# And the precision that the row was trained in.
TRAINED_IN = "trained_in"


def details_of(name: str) -> Path:
    """The file with all figures of a row."""
    return Path(f"metrics/stages/evaluate-{name}.json")


def by_video_of(name: str) -> Path:
    """The file with a row's mIoU on each video of test: what an interval over videos is made of."""
    return Path(f"plots/videos/{name}.tsv")


def test_fingerprint() -> str:
    """What the rows of one table have in common: the queries and the noise."""
    return f"{sha256_of(QUERIES)[:12]}-{sha256_of(RECIPE)[:12]}"


def results(methods: Iterable[str]) -> Results:
    """The metrics on file of these methods; those of other data, or of an earlier version, are left out."""
    rows: dict[str, Metrics] = {}
    control: dict[str, Metrics] = {}
    precisions: dict[str, str] = {}
    for name in methods:
        if not (details := details_of(name)).exists():
            continue
        found = read_json(details, f"evaluate@{name}")
        if found["test"] == test_fingerprint() and {OWN, CONTROLLED} <= found.keys():
            rows[name], control[name] = found[OWN], found[CONTROLLED]
            precisions |= {name: found[TRAINED_IN]} if TRAINED_IN in found else {}
    return Results(rows, control, read_json(BLIND, "blind")["rows"], precisions)
