"""Lines with intervals whose names stand at their ends, so that nobody hunts through a legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from stages.tools.report.summary import Cell

GREY, INK = "#777777", "#222222"
FONT = 9.5
# Intervals of two seeds can be ± 90: they are cut where they would flatten all lines.
_FURTHEST = 15.0  # percent beyond the outermost mean
# Where markers and names stand beside the axes, as shares of their width.
_MARKER, _NAME = 1.045, 1.075


@dataclass(frozen=True)
class Style:
    """How a line differs from others, in colour and without it."""

    colour: str
    marker: str


# Okabe and Ito's colours, told apart by colour-blind readers; the markers differ too.
STYLES = [
    Style("#0072B2", "o"), Style("#D55E00", "^"), Style("#009E73", "D"), Style("#CC79A7", "v"),
    Style("#E69F00", "s"), Style("#56B4E9", "P"),
]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Means over seeds by their place on the x axis."""

    name: str
    style: Style
    points: Mapping[float, Cell]


def limits(lines: Sequence[Line], blind: float | None = None) -> tuple[float, float]:
    """The part of the y axis, in percent, that lines and their intervals need."""
    cells = [cell for line in lines for cell in line.points.values()]
    means = [*(cell.mean for cell in cells), *([] if blind is None else [blind])]
    lowest = min([*means, *(cell.mean - (cell.half or 0) for cell in cells)])
    highest = max([*means, *(cell.mean + (cell.half or 0) for cell in cells)])
    low, high = max(lowest, min(means) - _FURTHEST, 0.0), min(highest, max(means) + _FURTHEST, 100.0)
    pad = max(0.05 * (high - low), 1.0)
    return low - pad, high + pad


def draw(axes: Axes, lines: Sequence[Line], aside: float, blind: float | None = None) -> None:
    """Draw lines on axes whose limits are set, each `aside` the one before: no interval hides another."""
    ends: list[tuple[str, Style | None, float, float]] = []
    for place, line in enumerate(lines):
        shift = aside * (place - (len(lines) - 1) / 2)
        _line(axes, line, shift)
        last = max(line.points)
        ends.append((line.name, line.style, last + shift, line.points[last].mean))
    if blind is not None:
        axes.axhline(blind, color=GREY, linewidth=1.4, zorder=1)
        ends.append(("blind", None, axes.get_xlim()[1], blind))
    _names(axes, ends)
    _plain(axes)


def _line(axes: Axes, line: Line, shift: float) -> None:
    places = sorted(line.points)
    cells = [line.points[place] for place in places]
    axes.errorbar(
        [place + shift for place in places], [cell.mean for cell in cells],
        yerr=[cell.half or 0.0 for cell in cells], color=line.style.colour, marker=line.style.marker,
        markersize=5.5, linewidth=1.6, elinewidth=0.9, capsize=2.0, zorder=3,
    )  # fmt: skip


def _names(axes: Axes, ends: Sequence[tuple[str, Style | None, float, float]]) -> None:
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    ordered = sorted(ends, key=lambda end: end[3])
    height = axes.bbox.height * 72 / axes.figure.dpi
    gap = 1.25 * FONT * (axes.get_ylim()[1] - axes.get_ylim()[0]) / height
    for (name, style, x, y), beside_y in zip(ordered, spread([end[3] for end in ordered], gap), strict=True):
        if style is not None:
            axes.annotate(
                "", (x, y), (_MARKER, beside_y), "data", beside, annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "linestyle": (0, (1, 2)),
                            "shrinkA": 4, "shrinkB": 4},
            )  # fmt: skip
            axes.plot(
                _MARKER, beside_y, marker=style.marker, color=style.colour, markersize=5.5,
                transform=beside, clip_on=False,
            )  # fmt: skip
        axes.text(
            _NAME if style else _MARKER - 0.02, beside_y, name, transform=beside, va="center", fontsize=FONT,
            color=GREY if style is None else INK,
        )  # fmt: skip


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places in order, at least `gap` apart and as near as that allows to those wanted, in order too."""
    # Groups that touch stand around the mean of what their members want.
    groups: list[list[float]] = []
    for place, value in enumerate(wanted):
        groups.append([value - place * gap])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    free = [_mean(group) for group in groups for _ in group]
    return [value + place * gap for place, value in enumerate(free)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=FONT)
