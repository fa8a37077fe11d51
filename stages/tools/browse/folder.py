"""A folder that is replaced whole, and only where it was made by this room."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.common.errors import DataError

# Its presence is what allows the folder to be deleted.
MARKER = "made-by-stages-browse.txt"
_NOTE = "svground browse made this folder and replaces it whole: keep nothing of your own in it.\n"


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """Yield a new folder beside `out`; it takes the place of `out` when the block ends well.

    The folder as a whole appears or does not, so its thousands of files are written plainly.
    """
    # Where `out` is a link, what it leads to is replaced.
    out = out.resolve()
    refuse_foreign(out)
    temporary, before = (out.with_name(f".{out.name}.{os.getpid()}.{kind}") for kind in ("tmp", "old"))
    try:
        try:
            temporary.mkdir(parents=True)
        except OSError as error:
            raise DataError(f"{out} can't be made ({error.strerror}); choose another --out") from None
        (temporary / MARKER).write_text(_NOTE)
        yield temporary
        refuse_foreign(out)
        if out.exists():
            os.replace(out, before)
        os.replace(temporary, out)
    finally:
        for folder in (temporary, before):
            shutil.rmtree(folder, ignore_errors=True)


def refuse_foreign(out: Path) -> None:
    """Refuse a file, and a folder with something in it that this room did not make."""
    if not out.exists():
        return
    if not out.is_dir():
        raise DataError(f"{out} is a file, expected a folder or nothing; choose another --out")
    if any(out.iterdir()) and not (out / MARKER).is_file():
        raise DataError(
            f"{out} was not made by `svground browse` (it holds no {MARKER}), so it is not replaced; "
            "choose another --out"
        )
