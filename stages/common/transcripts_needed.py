"""Whether any compared row reads transcripts: where none does, no recogniser is trained or run.

The stage `rows` says so in a file of its own, so that another order of `compare`, or a further row that
listens, makes nothing stale.
"""

from pathlib import Path

from stages.common.artifacts import read_json
from stages.common.errors import DataError

NEEDED = Path("data/rows/transcripts.json")
NOBODY = "no row of `compare` reads transcripts"


def transcripts_needed() -> bool:
    """What the stage `rows` has found."""
    needed = read_json(NEEDED, "rows").get("needed")
    if not isinstance(needed, bool):
        raise DataError(f"{NEEDED}: `needed` is {needed!r}, expected true or false; run `dvc repro -sf rows`")
    return needed
