"""What git and DVC know of the runs of a sweep: their numbers, and when they ended."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stages.common.errors import UserError
from stages.evaluate.results import BLIND, CONTROLLED, TRAINED_IN, by_video_of, details_of
from stages.tools.report.experiments import is_finished, results_of
from stages.tools.report.repository import experiment_rows, git
from stages.tools.sweep.runs import Run

# What pages show, and how they call it.
SHOWN = {"R1_IoU0_3": "R@1, IoU ≥ 0.3", "R1_IoU0_5": "0.5", "R1_IoU0_7": "0.7", "mIoU": "mIoU"}
TRANSCRIPTS = Path("metrics/stages/transcripts.json")


@dataclass(frozen=True)
class Result:
    """A finished run: the metrics of its method, what is shown beside them where it has that, and its end.

    `blind` are all blind rows; `control` is the method asked with another video's query; `wer` is the share
    of test's words that the recogniser has wrong, in percent. `videos` has the number of queries about each
    video of test and their mIoU; `learned` what pretraining is reported to have learned.
    """

    metrics: Mapping[str, float]
    blind: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    control: Mapping[str, float] | None = None
    wer: float | None = None
    ended: str | None = None
    videos: pd.DataFrame | None = None
    learned: Mapping[str, float] = field(default_factory=dict)
    trained_in: str | None = None


# By the name of the run.
Results = Mapping[str, Result]


def experiments_on(runs: Sequence[Run], commit: str) -> dict[str, Result]:
    """The runs of a commit that ended well here, by name."""
    rows = experiment_rows(revs=[commit])
    by_name = {row["Experiment"]: row for row in rows if row.get("Experiment") and is_finished(row)}
    times = _ended(commit)
    found = {}
    for run in runs:
        row = by_name.get(run.name, {})
        results = results_of(row)
        if run.row.method in results:
            _check(results[run.row.method], run, commit)
            details = _file(row, details_of(run.row.method))
            found[run.name] = Result(
                metrics=results[run.row.method],
                blind=_file(row, BLIND).get("rows", {}),
                control=details.get(CONTROLLED),
                trained_in=details.get(TRAINED_IN),
                wer=_file(row, TRANSCRIPTS).get("test", {}).get("wer"),
                ended=times.get(run.name),
                videos=_table(row, by_video_of(run.row.method)),
                learned=_file(row, Path(f"metrics/stages/pretrain-{run.row.method}.json")),
            )
    return found


def _check(metrics: Mapping[str, float], run: Run, commit: str) -> None:
    if lacking := [key for key in SHOWN if key not in metrics]:
        raise UserError(
            f"metrics/{run.row.method}.json of {run.name} has no {' and no '.join(lacking)}: another version "
            f"wrote it; go to its commit to report it (`git switch --detach {commit}`)"
        )


def _file(row: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A file of figures as the run's commit has it; empty where it has none."""
    text = git("show", f"{row['rev']}:./{path}")
    return json.loads(text) if text else {}


def _table(row: Mapping[str, Any], path: Path) -> pd.DataFrame | None:
    text = git("show", f"{row['rev']}:./{path}")
    return pd.read_csv(io.StringIO(text), sep="\t", index_col="video_id") if text else None


def commit_of(name: str) -> str:
    """The short name of a commit that the user names, always of the same length: pages and files have it."""
    found = git("rev-parse", "--short=8", "--verify", "--quiet", f"{name}^{{commit}}")
    if found is None:
        raise UserError(f"git knows no commit {name!r} here; name one, e.g. HEAD or a line of `git log`")
    return found


def _ended(commit: str) -> dict[str, str]:
    """When runs of a commit ended, as `2026-11-21 15:06`."""
    whole = git("rev-parse", commit) or ""
    listed = git(
        "for-each-ref", "--format=%(refname:lstrip=4) %(committerdate:format:%Y-%m-%d %H:%M)",
        f"refs/exps/{whole[:2]}/{whole[2:]}",
    )  # fmt: skip
    return dict(line.split(maxsplit=1) for line in (listed or "").splitlines())
