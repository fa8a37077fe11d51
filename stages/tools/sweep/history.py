"""What this checkout remembers of its sweeps: how long runs and calls took. Git and DVC don't know it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.common.artifacts import write_json
from stages.tools.sweep.runs import Run

_FOLDER = Path(".checkpoints/sweep")


class Stopwatch:
    """Times the runs of a queue from outside, by what DVC says of them at each look."""

    def __init__(self) -> None:
        self._before: Mapping[str, str] | None = None
        self._started: dict[str, float] = {}

    def look(self, states: Mapping[str, str], now: float) -> dict[str, float]:
        """The seconds of the runs that have ended well since the look before."""
        ended = {
            name: now - self._started.pop(name)
            for name, state in states.items()
            if state == "Success" and name in self._started
        }
        # What ran already at the first look began nobody knows when.
        begun = (
            [name for name, state in states.items() if state == "Running" and self._before.get(name) != state]
            if self._before is not None
            else []
        )
        self._started |= dict.fromkeys(begun, now)
        self._before = states
        return ended


def remember_seconds(run: Run, seconds: float) -> None:
    """Keep what a run took, in place of what it took before."""
    known = _read("seconds")
    write_json(
        _FOLDER / "seconds.json", known | {run.name: {"method": run.row.method, "seconds": round(seconds)}}
    )


def known_seconds() -> dict[str, dict[str, Any]]:
    """Method and seconds of the runs that ended well here, by their names."""
    return _read("seconds")


class Call:
    """One call of a sweep; what it took is kept while it goes on, so that breaking it off loses nothing."""

    def __init__(self, plan: str, commit: str) -> None:
        self._path, self._commit = f"{plan}-{commit}", commit
        self._before = calls(plan, commit)

    def took(self, seconds: float) -> None:
        """Say how long it has gone on until now."""
        write_json(_FOLDER / f"{self._path}.json", {"calls": [*self._before, round(seconds)]})


def calls(plan: str, commit: str) -> list[float]:
    """The seconds of the calls that ran something of a plan on a commit, here."""
    return list(_read(f"{plan}-{commit}").get("calls", []))


def _read(name: str) -> dict[str, Any]:
    try:
        content = json.loads((_FOLDER / f"{name}.json").read_text())
    # Nothing depends on it: what is damaged is forgotten.
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
