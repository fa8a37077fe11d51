"""Reading what others published: each fault is named with its file and its place."""

import json
import math
from pathlib import Path
from typing import Any

from stages.common.errors import DataError


def read_text(path: Path) -> str:
    """The text of a UTF-8 file."""
    try:
        # Line ends are kept: a caption in quotes may hold one.
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror}); check corpus.root") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 text ({error.reason} at byte {error.start})") from None


def read_annotations(path: Path) -> Any:
    """The content of a JSON file."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is no valid JSON ({error}); download it again") from None


def seconds(value: Any, place: str) -> float:
    """A time as a float; `place` says where it stands. Text is read as a number, as csv has it."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{place}: found {value!r}, expected seconds, e.g. 12.5")
    return number


def stays_inside(name: str) -> bool:
    """Whether a name, relative to a folder, leads to something in that folder."""
    return name not in ("", ".") and "\0" not in name and name[0] != "/" and ".." not in name.split("/")
