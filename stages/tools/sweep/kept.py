"""Results of runs as files of `reports/runs`: experiments stay on the machine that ran them, these go along.

A file per commit, with every run that was made on it. Git keeps it, so a page can be made again from a clone,
and a sweep can go on elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.common.artifacts import written_whole
from stages.common.errors import UserError
from stages.tools.sweep.results import Result, experiments_on
from stages.tools.sweep.runs import Run

FOLDER = Path("reports/runs")
_PLAIN = ("metrics", "blind", "control", "wer", "ended", "learned", "trained_in")


def read_results(runs: Sequence[Run], commits: Sequence[str], world: str = "") -> dict[str, Result]:
    """The runs that ended well, each on the first commit that has it: here or, by its file, elsewhere.

    Those of here are put on file. What was run on another corpus, its `world`, has a file of its own.
    """
    names = {run.name for run in runs}
    found: dict[str, Result] = {}
    for commit in commits:
        keep(commit, experiments_on(runs, commit), world)
        found = {name: one for name, one in kept_on(commit, world).items() if name in names} | found
    return found


def kept_on(commit: str, world: str = "") -> dict[str, Result]:
    """The runs of a commit that are on file, by name."""
    path = _path(commit, world)
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
        queries = pd.Series(content["queries"], name="queries", dtype="int64").rename_axis("video_id")
        return {name: _result(facts, queries) for name, facts in content["runs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} holds no runs as a sweep writes them ({type(error).__name__}: {error}); "
            f"`git checkout {path}` brings it back, or remove it"
        ) from None


def keep(commit: str, results: Mapping[str, Result], world: str = "") -> None:
    """Put runs beside those that are on file."""
    found = {**kept_on(commit, world), **results}
    if not found:
        return
    tables = [one.videos for one in found.values() if one.videos is not None]
    # The same for all: a commit has one test split.
    queries = tables[0]["queries"] if tables else pd.Series(dtype="int64")
    runs = {name: _facts(found[name], queries) for name in sorted(found)}
    with written_whole(_path(commit, world)) as temporary:
        lines = [f" {json.dumps(name)}: {json.dumps(facts)}" for name, facts in runs.items()]
        listed = json.dumps({str(video): int(count) for video, count in queries.items()})
        temporary.write_text(f'{{"queries": {listed},\n"runs": {{\n' + ",\n".join(lines) + "\n}}\n")


def _path(commit: str, world: str) -> Path:
    return FOLDER / f"{'--'.join(filter(None, (commit, world)))}.json"


def _facts(result: Result, queries: pd.Series) -> dict[str, Any]:
    facts = {key: getattr(result, key) for key in _PLAIN}
    if result.videos is not None:
        facts["mIoU_of_videos"] = result.videos["mIoU"].reindex(queries.index).round(3).tolist()
    return facts


def _result(facts: Mapping[str, Any], queries: pd.Series) -> Result:
    given = {key: facts[key] for key in _PLAIN}
    if "mIoU_of_videos" not in facts:
        return Result(**given)
    return Result(**given, videos=pd.DataFrame({"queries": queries, "mIoU": facts["mIoU_of_videos"]}))
