"""Rows of a csv file, by column; what is wrong with the file is named with its line."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from stages.common.errors import DataError
from stages.corpus.published import read_text


def csv_rows(
    path: Path, check_columns: Callable[[list[str], str], None], names: Mapping[str, str] | None = None
) -> Iterator[tuple[dict[str, str], str]]:
    """Each row that is not empty, and where it stands; `names` has other names of columns."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = [(names or {}).get(name.strip(), name.strip()) for name in next(reader, [])]
        check_columns(header, f"{path}, line 1")
        last_line = reader.line_num
        for cells in reader:
            # A caption in quotes may span lines: a row is named by its first.
            place, last_line = f"{path}, line {last_line + 1}", reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"{place}: found {len(cells)} cells, expected {len(header)} as in the header; "
                    'a caption with a comma stands in "quotes"'
                )
            yield dict(zip(header, cells, strict=True)), place
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from None
