"""What a grounder can be asked with."""

from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

import numpy as np

from stages.common.errors import DataError
from stages.tools.ask.speech import Sound


@dataclass(frozen=True)
class Text:
    """A written sentence, for methods that read."""

    text: str


Query = str | Path | Sound | Text


def check_queries(queries: object) -> None:
    """Refuse what is no list of queries: types are hints, which Python does not hold anybody to."""
    if isinstance(queries, str | Path | Text) or not isinstance(queries, Collection):
        raise DataError(f"expected a list of queries, found {_told(queries)}")
    for query in queries:
        if isinstance(query, str | Path | Text):
            continue
        if not isinstance(query, tuple) or len(query) != 2:
            raise DataError(f"expected a recording's path, (samples, rate) or Text, found {_told(query)}")
        samples, rate = query
        if not isinstance(samples, np.ndarray) or not isinstance(rate, Integral):
            raise DataError(
                "expected (samples, rate), a NumPy array and e.g. 16000; found "
                f"({_told(samples)}, {_told(rate)})"
            )


def _told(thing: object) -> str:
    if isinstance(thing, np.ndarray):
        return f"an array of the shape {list(thing.shape)}"
    return repr(thing) if isinstance(thing, str | Path | int | float) else f"a {type(thing).__name__}"
