"""Files that a command is told to write: what is wrong with the place is said before the work."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import soundfile

from stages.common.artifacts import written_whole
from stages.common.errors import DataError, ParamsError, one_line


def check_output(out: Path, suffixes: Sequence[str], inputs: Sequence[Path | None] = ()) -> None:
    """Refuse a name that can't be written, or that is one of the files that are read."""
    if out.suffix.lower() not in suffixes:
        raise ParamsError(f"{out}: expected a name that ends with {', '.join(suffixes)}")
    try:
        if out.is_dir():
            raise ParamsError(f"{out} is a folder; name a file that is to be written")
        if not out.parent.is_dir():
            raise ParamsError(f"{out} can't be written: there is no folder {out.parent}; make it first")
        for given in inputs:
            if given is not None and out.exists() and given.exists() and out.samefile(given):
                raise ParamsError(f"{out} is the same file as {given}, which is read; choose another name")
        # Root may write everywhere by its modes, and yet not in /proc.
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.stem}.", suffix=out.suffix):
            pass
    except OSError as error:
        raise ParamsError(f"{out} can't be written ({error.strerror}); choose another place") from None


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """A temporary name that becomes `out` when the block ends well; what fails is one line."""
    try:
        with written_whole(out) as temporary:
            yield temporary
    except (OSError, soundfile.LibsndfileError) as error:
        raise DataError(f"{out} could not be written ({one_line(error)})") from None
