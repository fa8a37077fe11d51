"""Which trained method answers where none is named: the best on dev of those that can be used."""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stages.common.errors import DataError, UserError
from stages.tools.ask.grounder import Grounder
from stages.tools.ask.trained import project_of, told_of_themselves

Kind = Literal["speech", "text"]
# The queries of the methods that can be asked with a recording, and of those with a sentence in writing.
QUERIES = {"speech": ("speech", "transcripts"), "text": ("captions", "transcripts")}
_TAKING = {"speech": "take speech", "text": "read"}
FIGURES = Path("metrics/stages")


@dataclass(frozen=True)
class Candidate:
    """A trained method and its mIoU on dev in percent; None where the checkout does not say it."""

    name: str
    dev: float | None

    def __str__(self) -> str:
        return self.name if self.dev is None else f"{self.name} (dev mIoU {self.dev:.1f})"


@dataclass(frozen=True)
class Chosen:
    """A method that is ready to be asked, and why it is this one; how many others are left."""

    name: str
    grounder: Grounder
    why: str
    others: int


def candidates(models: Path, kind: Kind) -> list[Candidate]:
    """The trained methods that take such a query, best on dev first; whose file is damaged is passed over."""
    project = project_of(models)
    methods, faults = told_of_themselves(models)
    for name, fault in faults.items():
        say(f"{name} is passed over: {fault}")
    taking = [name for name, method in methods.items() if method.query in QUERIES[kind]]
    if not taking:
        have = f", but {', '.join(methods)}" if methods else ""
        raise DataError(f"{models} has no trained methods that {_TAKING[kind]}{have}; run `dvc repro`")
    found = [Candidate(name, _on_dev(project, name)) for name in taking]
    return sorted(found, key=lambda one: (one.dev is None, -(one.dev or 0.0), one.name))


def _on_dev(project: Path, name: str) -> float | None:
    """The figure that training leaves for DVC, and that git keeps."""
    try:
        figure = float(json.loads((project / FIGURES / f"ground-{name}.json").read_text())["dev_mIoU"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return figure if math.isfinite(figure) else None


def usable(models: Path, kind: Kind, cache: Path | None = None) -> Iterator[Chosen]:
    """One after the other, the best first; what can't be used here is passed over with a word."""
    found = candidates(models, kind)
    some = False
    for place, candidate in enumerate(found):
        try:
            grounder = Grounder.load(models / candidate.name, cache=cache)
            if kind == "speech":
                grounder.prepare()
        except UserError as error:
            say(f"{candidate} is passed over: {error}")
            continue
        some = True
        left = len(found) - place
        yield Chosen(candidate.name, grounder, _why(candidate, left, kind, place > 0), left - 1)
    if not some:
        raise DataError(
            f"{models} has no trained methods that {_TAKING[kind]} and can be used; what is wrong with each "
            "is said above"
        )


def best(models: Path, kind: Kind, cache: Path | None = None) -> Chosen:
    """The best that can be used, and on stderr why it is this one."""
    chosen = next(usable(models, kind, cache))
    say(f"{chosen.name} answers: {chosen.why}{'; --method chooses another' if chosen.others else ''}")
    return chosen


def _why(candidate: Candidate, count: int, kind: Kind, is_left: bool) -> str:
    if count == 1:
        return f"there are no {'more' if is_left else 'other'} trained methods that {_TAKING[kind]}"
    which = "left" if is_left else f"that {_TAKING[kind]}"
    if candidate.dev is None:
        return f"{FIGURES} does not say how good the {count} trained methods {which} are"
    return f"of the {count} trained methods {which} it is best on dev (mIoU {candidate.dev:.1f})"


def say(line: str) -> None:
    """Beside the answer, which is on stdout."""
    print(line, file=sys.stderr)
