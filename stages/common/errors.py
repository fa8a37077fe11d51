"""Errors a user can act on: one line that names what was found, what was expected, what to do."""

import argparse
import errno
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.common.ending import Stopped, stoppable

_GO_ON = "what is finished is kept, the same command goes on from there"
_ANEW = "the same command starts anew"
# Of the disk, which the user can mend; by what they mean.
_FULL = (errno.ENOSPC, errno.EDQUOT)
_LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)
# What shells report of a command that SIGPIPE ends.
_UNREAD = 128 + 13


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


def missing(path: Path) -> str:
    """What is wrong with a path that is not the file it should be."""
    return "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"


def one_line(error: Exception) -> str:
    """What a library says, without its line breaks."""
    return " ".join(str(error).split())


@contextmanager
def one_line_errors(then: str = _GO_ON) -> Iterator[None]:
    """Turn a `UserError` into its line on stderr and its exit code; `then` tells what to do after a stop."""
    try:
        yield
        _flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print(f"interrupted: {then}", file=sys.stderr)
        sys.exit(130)
    except Stopped:
        print(f"stopped by SIGTERM: {then}", file=sys.stderr)
        sys.exit(143)
    except BrokenPipeError:
        if not _is_unread():
            raise
        # Nobody reads on, as after `| head`; Python must not find that out once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_UNREAD)
    except OSError as error:
        if error.errno not in (*_FULL, *_LOCKED):
            raise
        print(f"error: {_of_the_disk(error, then)}", file=sys.stderr)
        sys.exit(UserError.exit_code)


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _is_unread() -> bool:
    """Whether it is our own output that broke, as POLLERR tells, and not a pipe to a helper."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return bool(poll.poll(0))


def _of_the_disk(error: OSError, then: str) -> str:
    words = one_line(error)
    if error.errno in _FULL:
        return f"the disk is full ({words}); free some space: {then}"
    return f"this place can't be read or written ({words}); see to its owner, mode and mount"


def stage_entry(function: Callable[[], None], then: str = _GO_ON) -> Callable[[], None]:
    """Decorate a stage's `main` so that user errors end it with one clear line."""

    def entry() -> None:
        with one_line_errors(then), stoppable():
            _refuse_arguments(function)
            from stages.common.inputs import check_inputs

            check_inputs()
            function()

    return entry


def command_entry(function: Callable[[], None]) -> Callable[[], None]:
    """The same for a command that keeps nothing which is half done."""
    return stage_entry(function, _ANEW)


def _refuse_arguments(function: Callable[[], None]) -> None:
    """A room that reads no arguments takes none: `--help` must not start its work."""
    room = function.__globals__
    if room["__name__"] == "__main__" and "argparse" not in room:
        name = room["__spec__"].name.removesuffix(".__main__") if room["__spec__"] else "a room"
        argparse.ArgumentParser(prog=f"python -m {name}", description=room["__doc__"]).parse_args()
