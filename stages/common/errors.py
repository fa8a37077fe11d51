"""Errors a user can act on: one line that names what was found, what was expected, what to do."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something the user can mend; shown as one line, without a traceback."""

    exit_code = 1


class ParamsError(UserError):
    """params.yaml holds something that cannot be run."""

    exit_code = 2


class DataError(UserError):
    """A file is missing, damaged or not what its place requires."""

    exit_code = 3


class MixedExtractors(DataError):
    """Files that can be read, but not together; no single one of them is at fault."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a `UserError` into its line on stderr and its exit code."""
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print(
            "interrupted: the finished shards are kept, the same command goes on from there",
            file=sys.stderr,
        )
        sys.exit(130)


def stage_entry(function: Callable[[], None]) -> Callable[[], None]:
    """Decorate a stage's `main` so that user errors end it with one clear line."""

    def entry() -> None:
        with one_line_errors():
            function()

    return entry
