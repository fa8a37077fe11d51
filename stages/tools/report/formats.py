"""A summary as a table: markdown to read, LaTeX to print, CSV to compute with."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from stages.tools.report.experiments import BLIND
from stages.tools.report.summary import Cell, Summary

# A wider table wraps in a terminal and cannot be read.
WIDEST = 100
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$",
}  # fmt: skip


@dataclass(frozen=True)
class _Grid:
    """Texts by row and column; the first `labels` columns are settings. Cells in `best` are bold."""

    heads: list[str]
    labels: int
    rows: list[list[str]]
    best: set[tuple[int, int]]


def markdown(summary: Summary, metric: str) -> str:
    """The best method of each setting in bold; methods stand beside each other as long as they have room."""
    return "\n".join([*_markdown(_grid(summary, metric)), "", _note(metric)])


def latex(summary: Summary, metric: str) -> str:
    """A tabular with the rules of booktabs, of the same layout as the markdown."""
    grid = _grid(summary, metric)
    columns = "l" * grid.labels + "r" * (len(grid.heads) - grid.labels)
    lines = [
        f"% {_note(metric)}",
        r"% Needs \usepackage{booktabs}.",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(map(_escaped, grid.heads)) + r" \\",
        r"\midrule",
    ]
    bold = _marked(grid, lambda text: rf"\textbf{{{text}}}", _escaped)
    lines += [" & ".join(texts) + r" \\" for texts in bold]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def as_csv(summary: Summary, metric: str) -> str:
    """A row per setting and method, for pandas; what is not known is left empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*summary.differing, "method", "metric", "mean", "half_interval", "seeds", BLIND])
    for label, cells in summary.rows:
        blind = "" if cells[-1] is None else round(cells[-1].mean, 4)
        for method, cell in zip(summary.methods, cells[:-1], strict=True):
            if cell is not None:
                half = "" if cell.half is None else round(cell.half, 4)
                writer.writerow([*label, method, metric, round(cell.mean, 4), half, cell.seeds, blind])
    return out.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[Summary, str], str]] = {"markdown": markdown, "csv": as_csv, "latex": latex}


def _note(metric: str) -> str:
    return f"{metric}, percent of the test queries; ±: 95 % interval over seeds; blind: window of best mIoU"


def _grid(summary: Summary, metric: str) -> _Grid:
    wide = _wide(summary)
    return wide if max(map(len, _markdown(wide))) <= WIDEST else _long(summary, metric)


def _wide(summary: Summary) -> _Grid:
    """A row per setting, a column per method."""
    rows: list[list[str]] = []
    best: set[tuple[int, int]] = set()
    for place, (label, cells) in enumerate(summary.rows):
        seeds = sorted({cell.seeds for cell in cells[:-1] if cell is not None})
        rows.append([*label, *map(_text, cells), "-".join(map(str, seeds))])
        best |= {(place, len(label) + column) for column in _best(cells[:-1])}
    heads = [*summary.differing, *summary.methods, BLIND, "seeds"]
    return _Grid(heads, len(summary.differing), rows, best)


def _long(summary: Summary, metric: str) -> _Grid:
    """A row per setting and method."""
    rows: list[list[str]] = []
    best: set[tuple[int, int]] = set()
    for label, cells in summary.rows:
        bold = _best(cells[:-1])
        for column, (method, cell) in enumerate(zip(summary.methods, cells[:-1], strict=True)):
            if cell is None:
                continue
            if column in bold:
                best.add((len(rows), len(label) + 1))
            rows.append([*label, method, _text(cell), _text(cells[-1]), str(cell.seeds)])
    return _Grid(
        [*summary.differing, "method", metric, BLIND, "seeds"], len(summary.differing) + 1, rows, best
    )


def _best(cells: list[Cell | None]) -> set[int]:
    """The columns of the highest mean, where there is anything to be better than."""
    means = {column: cell.mean for column, cell in enumerate(cells) if cell is not None}
    return {column for column, mean in means.items() if len(means) > 1 and mean == max(means.values())}


def _text(cell: Cell | None) -> str:
    return "" if cell is None else str(cell)


def _markdown(grid: _Grid) -> list[str]:
    lines = ["| " + " | ".join(grid.heads) + " |"]
    lines.append("|---" * grid.labels + "|---:" * (len(grid.heads) - grid.labels) + "|")
    bold = _marked(grid, lambda text: f"**{text}**", str)
    return [*lines, *("| " + " | ".join(texts) + " |" for texts in bold)]


def _marked(grid: _Grid, bold: Callable[[str], str], plain: Callable[[str], str]) -> list[list[str]]:
    return [
        [
            bold(plain(text)) if (row, column) in grid.best else plain(text)
            for column, text in enumerate(texts)
        ]
        for row, texts in enumerate(grid.rows)
    ]


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
