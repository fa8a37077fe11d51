"""Which transcripts the compared rows read: where they read none, no recogniser is trained or run.

The stage `rows` says so in files of their own, so that another order of `compare`, or a further row that
listens, makes nothing stale.
"""

from collections.abc import Iterable
from pathlib import Path

from stages.common.artifacts import read_json, write_json
from stages.common.errors import DataError
from stages.common.params.methods import Method

NEEDED = Path("data/rows/transcripts.json")
TRANSCRIBED = Path("data/rows/transcribed.json")
NOBODY = "no row of `compare` reads transcripts"


def write_needed(methods: Iterable[Method]) -> None:
    """Say it of the compared rows."""
    readers = [method for method in methods if method.query == "transcripts"]
    train = ["train"] if any(method.train_query is None for method in readers) else []
    write_json(NEEDED, {"needed": bool(readers)})
    write_json(TRANSCRIBED, {"splits": [*train, "dev", "test"] if readers else []})


def transcribed_splits() -> list[str]:
    """The splits whose queries are transcribed."""
    splits = read_json(TRANSCRIBED, "rows").get("splits")
    if not isinstance(splits, list) or not all(split in ("train", "dev", "test") for split in splits):
        raise DataError(
            f"{TRANSCRIBED}: `splits` is {splits!r}, expected a list of splits; run `dvc repro -sf rows`"
        )
    return splits


def transcripts_needed() -> bool:
    """Whether any row reads transcripts."""
    needed = read_json(NEEDED, "rows").get("needed")
    if not isinstance(needed, bool):
        raise DataError(f"{NEEDED}: `needed` is {needed!r}, expected true or false; run `dvc repro -sf rows`")
    return needed
