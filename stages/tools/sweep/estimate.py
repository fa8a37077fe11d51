"""How long a sweep will take, said before it begins."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from stages.tools.sweep.runs import Run

# Seconds of a run in the demo's sizes, two at a time on 2 cores with bf16 that did other things too. A noise
# that is new takes a few minutes more, once: it is mixed and transcribed.
_GUESS = {
    "base": 250, "base-longer": 320, "vslbase": 250, "vslnet": 250, "cpc": 330, "vqcpc": 330, "vgcl": 420,
    "guided": 300, "foretell": 450, "aligned": 300, "asr": 200, "asr-noglove": 200, "asr-captions": 200,
    "text": 200,
}  # fmt: skip


def estimate(runs: Sequence[Run], known: Mapping[str, Mapping[str, Any]], jobs: int) -> str:
    """One line: runs left, about how long they take, and how that is known."""
    if not runs:
        return "nothing is left to run"
    measured = [_measured(run, known) for run in runs]
    guessed = [run for run, seconds in zip(runs, measured, strict=True) if seconds is None]
    total = sum(
        _GUESS[run.row.method] if seconds is None else seconds
        for run, seconds in zip(runs, measured, strict=True)
    )
    # No run is shared by two workers, so the last ones leave some idle.
    at_once = min(jobs, len(runs))
    source = {0: "measured here", len(runs): "guessed: no such run has been timed here"}.get(
        len(guessed), f"measured here, but for {_runs(len(guessed))}, guessed"
    )
    each, whole = round(total / len(runs)), duration(total / at_once)
    return f"{_runs(len(runs))} left, {at_once} at a time, {each} s each: about {whole} ({source})"


def duration(seconds: float) -> str:
    """As people say it: `40 minutes`, `2 h 05 min`."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _measured(run: Run, known: Mapping[str, Mapping[str, Any]]) -> float | None:
    """What the same settings took with any seed; else what the method took with any settings."""
    settings = run.name.rpartition("--")[0]
    of_settings = [one["seconds"] for name, one in known.items() if name.rpartition("--")[0] == settings]
    of_method = [one["seconds"] for one in known.values() if one["method"] == run.row.method]
    found = of_settings or of_method
    return median(found) if found else None
