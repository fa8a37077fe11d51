"""The blind rows of a page: what can be had on its test queries without listening or looking."""

from collections.abc import Iterable, Mapping

from stages.tools.sweep.results import Result

BEST_MIOU = "the blind window of best mIoU"
# As pages call them, and as `metrics/stages/blind.json` does. A blind row with the windows of an earlier
# one is left out there; the whole video is the first.
_SHOWN = {
    BEST_MIOU: ("window for mIoU", "whole video"),
    "the blind window of best R@1 at 0.5": ("window for R@0.5",),
    # These see and do not listen.
    "a random segment (cuts)": ("random segment (cuts)",),
    "a random true event": ("random true event",),
}


def blind_rows(results: Iterable[Result]) -> dict[str, Mapping[str, float]]:
    """The rows by their names on pages. Guessing hears no noise and has no seed: one run's are all runs'."""
    found = next((result.blind for result in results if result.blind), {})
    return chosen(found)


def chosen(rows: Mapping[str, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """Of all blind rows those that pages show."""
    shown = {}
    for name, candidates in _SHOWN.items():
        if (row := next((rows[one] for one in candidates if one in rows), None)) is not None:
            shown[name] = row
    return shown
