"""The experiments that DVC knows: each one's settings, and each method's results."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from stages.common.params.schema import Params

# No settings of a result: what is compared beside it, and where it ran.
_ELSEWHERE = re.compile(r"compare$|machine\.")
BLIND = "blind"
_METRICS = re.compile(r"metrics/(?P<method>[a-z][a-z0-9-]*)\.json:(?P<key>\w+)$")


# What the rows of a report are runs of, beside commits.
WORKSPACE, EXPERIMENTS = "workspace", "experiments"


@dataclass(frozen=True)
class Experiment:
    """One run: its settings by their key in params.yaml, its metrics by method.

    `source` is `workspace`, `commit <rev>` or `experiments`. The figures of a commit may be
    another machine's, so they never count as a seed among the experiments.
    """

    name: str
    source: str
    settings: Mapping[str, Any]
    results: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Found:
    """The runs that ended well, each set of settings once, and what is left out.

    `lacking` are files of metrics, with the names of their runs, that don't have the metric.
    """

    experiments: list[Experiment]
    failed: list[str]
    lacking: list[tuple[str, str]]


def read_experiments(rows: Iterable[Mapping[str, Any]], metric: str) -> Found:
    """Understand the rows of `dvc.api.exp_show`, as far as they have a metric.

    The workspace comes first. Where it has what its commit has, the two are one row.
    """
    found: dict[tuple[Any, ...], Experiment] = {}
    failed, lacking = [], []
    for row in rows:
        name, source = str(row.get("Experiment") or row.get("rev")), _source_of(row)
        if row.get("State") == "Failed":
            failed.append(name)
        if not (is_finished(row) or source == WORKSPACE):
            continue
        settings = {column: value for column, value in row.items() if _is_setting(column)}
        results = {method: figures for method, figures in results_of(row).items() if metric in figures}
        lacking += [
            (f"metrics/{method}.json", name)
            for method in _compared(row.get("compare"))
            if method not in results and _has_metrics(row)
        ]
        if results.keys() - {BLIND}:
            key = (source, *map(str, settings.values()))
            before = found[key].results if key in found else {}
            found[key] = Experiment(name, source, settings, {**before, **results})
    return Found(_with_workspace_first(list(found.values())), failed, lacking)


def _with_workspace_first(runs: list[Experiment]) -> list[Experiment]:
    """The workspace, where it has results of its own; then the commits, then their experiments."""
    own = [one for one in runs if one.source == WORKSPACE]
    others = [one for one in runs if one.source != WORKSPACE]
    for place, one in enumerate(others):
        if one.source != EXPERIMENTS and [(run.settings, run.results) for run in own] == [
            (one.settings, one.results)
        ]:
            others[place] = replace(one, source=f"{WORKSPACE} = {one.source}")
            own = []
    return own + sorted(others, key=lambda one: one.source == EXPERIMENTS)


def _source_of(row: Mapping[str, Any]) -> str:
    if row.get("rev") == WORKSPACE:
        return WORKSPACE
    return EXPERIMENTS if row.get("Experiment") else f"commit {row.get('rev')}"


def _has_metrics(row: Mapping[str, Any]) -> bool:
    # The commit of a project that was never run has none.
    return any(column.startswith("metrics/") and value is not None for column, value in row.items())


def _is_setting(column: str) -> bool:
    # Files, which are columns too, have a slash in their names.
    return "/" not in column and column.split(".")[0] in Params.model_fields and not _ELSEWHERE.match(column)


def is_finished(row: Mapping[str, Any]) -> bool:
    """Whether a row has numbers of its own; a failed or waiting one shows those of its commit."""
    return row.get("rev") != "workspace" and row.get("State") in (None, "Success")


def results_of(row: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The metrics of the methods that a row compares, and the blind ones."""
    results: dict[str, dict[str, float]] = {}
    compared = _compared(row.get("compare"))
    for column, value in row.items():
        match = _METRICS.match(column)
        # What DVC can't read it shows as "!".
        if match and isinstance(value, int | float) and match["method"] in (*compared, BLIND):
            results.setdefault(match["method"], {})[match["key"]] = float(value)
    return results if results.keys() - {BLIND} else {}


def _compared(value: Any) -> list[str]:
    # DVC shows a list as the text that Python prints for it.
    listed = yaml.safe_load(value) if isinstance(value, str) else value
    return listed if isinstance(listed, list) else []
