"""Reading the table of an own corpus; what is wrong is named with file, line and column."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.common.errors import DataError
from stages.corpus.published import read_text
from stages.corpus.tables import csv_rows

REQUIRED = ("video", "start", "end", "caption")
OPTIONAL = ("split", "duration", "speech", "speaker")
NAMES = ("queries.csv", "queries.jsonl")


@dataclass(frozen=True)
class Row:
    """One row: its cells by column (no empty ones but the caption), and where it stands."""

    cells: dict[str, Any]
    place: str

    def text(self, column: str) -> str:
        """A cell as text, empty if absent."""
        value = self.cells.get(column, "")
        if not isinstance(value, str):
            raise DataError(f"{self.column(column)}: found {value!r}, expected text")
        return value

    def column(self, column: str) -> str:
        """The words that say where a cell stands."""
        return f"{self.place}, column `{column}`"


def find_table(root: Path) -> Path:
    """The one table of the folder."""
    found = [root / name for name in NAMES if (root / name).is_file()]
    if len(found) != 1:
        raise DataError(
            f"{root} holds {' and '.join(path.name for path in found) or 'no table'}, expected "
            f"{' or '.join(NAMES)}; stages/corpus/own.py shows an example"
        )
    return found[0]


def read_rows(path: Path) -> list[Row]:
    """All rows of a table; a cell that is required is there."""
    if path.suffix == ".csv":
        rows = [Row(_filled(cells), place) for cells, place in csv_rows(path, _check_columns)]
    else:
        rows = list(_jsonl_rows(path))
    if not rows:
        raise DataError(f"{path} holds no rows; add a row per query")
    for row in rows:
        for column in REQUIRED:
            if column not in row.cells:
                raise DataError(f"{row.column(column)} is empty; it is required")
    return rows


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            cells = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{place} is no valid JSON ({error.msg})") from None
        if not isinstance(cells, dict):
            raise DataError(f"{place}: found {line[:80]}, expected a JSON object")
        _check_columns(list(cells), place)
        yield Row(_filled(cells), place)


def _filled(cells: Mapping[str, Any]) -> dict[str, Any]:
    # An empty caption is a fault of the annotation, counted in cleaning.py; other cells are then absent.
    return {
        name: cell
        for name, cell in cells.items()
        if name == "caption" or (cell is not None and str(cell).strip())
    }


def _check_columns(columns: list[str], place: str) -> None:
    known = [*REQUIRED, *OPTIONAL]
    for column in columns:
        if column not in known:
            near = difflib.get_close_matches(column, known, n=1, cutoff=0)[0]
            raise DataError(
                f"{place}: unknown column `{column}`, the nearest known one is `{near}`; "
                f"the columns are {', '.join(known)}"
            )
        if columns.count(column) > 1:
            raise DataError(f"{place}: column `{column}` stands there twice; keep one")
    for column in REQUIRED:
        if column not in columns:
            raise DataError(
                f"{place}: column `{column}` is missing; required are {', '.join(REQUIRED)}, "
                f"optional are {', '.join(OPTIONAL)}"
            )
