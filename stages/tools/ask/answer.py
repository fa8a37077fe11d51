"""What a grounder answers: the moments, how sure it was where, and what each part of the work took."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

# The start and the end of a moment, in seconds.
Span = tuple[float, float]
# Seconds; of a moment that is shorter, tenths of a second tell too little.
_BRIEF = 1.0


@dataclass(frozen=True)
class Moment:
    """A part of the video in seconds. The scores of all parts sum to at most 1."""

    start: float
    end: float
    score: float

    def iou(self, truth: Span) -> float:
        """How much of both together is in both."""
        both = min(self.end, truth[1]) - max(self.start, truth[0])
        return max(0.0, both) / (max(self.end, truth[1]) - min(self.start, truth[0]))

    def __str__(self) -> str:
        digits = 1 if self.end - self.start >= _BRIEF else 2
        start, end = clock_time(self.start, digits), clock_time(self.end, digits)
        return f"{start} - {end}, score {self.score:.3f}"


@dataclass(frozen=True, repr=False)
class Answer:
    """The moments, best first, and where they come from.

    `curves` has `p_start` and `p_end`, the probabilities that the moment starts and ends in each cell of the
    video, or `relevance`, where no edges are predicted; cell n lasts from `edges[n]` to `edges[n + 1]` s.
    """

    moments: list[Moment]
    edges: Float[np.ndarray, " edges"]
    curves: dict[str, Float[np.ndarray, " cells"]]
    # The words that were read, for a method that reads; None for one that listens.
    words: str | None
    # Of each part, in the order of the work. `network` is that of the whole batch.
    seconds: dict[str, float]
    notes: list[str]

    def __repr__(self) -> str:
        read = "" if self.words is None else f"read {self.words!r}: "
        return f"Answer({read}{'; '.join(map(str, self.moments))})"

    def as_json(self) -> dict[str, Any]:
        """The same in plain types."""
        return {
            "moments": [vars(moment) for moment in self.moments],
            "words": self.words,
            "edges": self.edges.tolist(),
            **{name: curve.tolist() for name, curve in self.curves.items()},
            "seconds": self.seconds,
            "notes": self.notes,
        }


@dataclass
class Work:
    """What is recorded of a query on its way to an answer: times and notes."""

    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what the block takes to `part`."""
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


def clock_time(seconds: float, digits: int = 1) -> str:
    """m:ss.s, or h:mm:ss.s. Halves are rounded up, as on the page."""
    parts = 10**digits
    minutes, rest_parts = divmod(math.floor(seconds * parts + 0.5), 60 * parts)
    hours, minutes = divmod(minutes, 60)
    rest = f"{rest_parts / parts:0{digits + 3}.{digits}f}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"
