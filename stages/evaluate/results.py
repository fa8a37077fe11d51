"""The results so far: every method of `compare` that was judged on the same queries and the same noise."""

from collections.abc import Iterable
from pathlib import Path

from stages.common.artifacts import read_json, sha256_of
from stages.scoring.metrics import Metrics
from stages.scoring.table import Results
from stages.training.queries import QUERIES

BLIND = Path("metrics/stages/blind.json")
RECIPE = Path("data/mixed/recipe.parquet")


def test_fingerprint() -> str:
    """What the rows of one table have in common: the queries and the noise."""
    return f"{sha256_of(QUERIES)[:12]}-{sha256_of(RECIPE)[:12]}"


def results(methods: Iterable[str]) -> Results:
    """The metrics on file of these methods; those of other data, or of an earlier version, are left out."""
    rows: dict[str, Metrics] = {}
    control: dict[str, Metrics] = {}
    for name in methods:
        metrics, details = Path(f"metrics/{name}.json"), Path(f"metrics/stages/evaluate-{name}.json")
        if not (metrics.exists() and details.exists()):
            continue
        found = read_json(details, f"evaluate@{name}")
        if found["test"] == test_fingerprint() and "with_another_query" in found:
            rows[name] = read_json(metrics, f"evaluate@{name}")
            control[name] = found["with_another_query"]
    return Results(rows, control, read_json(BLIND, "blind")["rows"])
