"""A small chart as SVG: its colours are the page's, its lines are named where they end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

WIDTH, HEIGHT = 432, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 106, 12, 44
# What a line of text needs.
LINE = 14
# One more than Okabe and Ito's colours that are left beside the truth's; then styles come again.
STYLES = 6


@dataclass(frozen=True)
class Line:
    """A line with its name at its end; the `marked` point stands out."""

    name: str
    style: int
    points: Sequence[Point]
    marked: int | None = None


@dataclass(frozen=True)
class Axis:
    """One axis: its name with the unit, its ends, and the text at each of its places."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Chart:
    """What is drawn, and what it says in a sentence for those who can't see it."""

    title: str
    says: str
    x: Axis
    y: Axis
    lines: Sequence[Line] = ()


def axis(title: str, low: float, high: float, most: int = 6) -> Axis:
    """An axis with round numbers on it, at most so many."""
    rough = max(high - low, 1e-9) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [(number * step, f"{number * step:.10g}") for number in range(first, last + 1)]
    return Axis(title, ticks[0][0], ticks[-1][0], ticks)


def draw(chart: Chart) -> str:
    """The chart as a figure."""
    parts = [*_grid(chart.x, chart.y, HEIGHT)]
    parts += [part for line in chart.lines for part in _line(line, chart.x, chart.y)]
    parts += _names(chart)
    return figure(chart.title, chart.says, parts, HEIGHT)


def figure(title: str, says: str, parts: Sequence[str], height: int) -> str:
    """A titled picture."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>\n"
        f'<svg class=chart viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(says)}">\n'
        + "\n".join(parts)
        + "\n</svg></figure>"
    )


def text(x: float, y: float, content: str, anchor: str = "start", kind: str = "") -> str:
    """A line of text; `kind` is a class of the page's."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(content)}</text>'


def place(axis: Axis, value: float, first: float, last: float) -> float:
    """Where a value of the axis lies between two ends of the picture."""
    return first + (value - axis.low) / max(axis.high - axis.low, 1e-9) * (last - first)


def at(x: Axis, y: Axis, point: Point) -> Point:
    """A point of the data in the picture."""
    return place(x, point[0], LEFT, WIDTH - RIGHT), place(y, point[1], HEIGHT - BOTTOM, TOP)


def marker(style: int, x: float, y: float, size: float = 3.5) -> str:
    """A shape of its own for each style, so that colour is not needed."""
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>',
        _polygon(x, y, size * 1.2, (45, 135, 225, 315)),
        _polygon(x, y, size * 1.3, (90, 210, 330)),
        _polygon(x, y, size * 1.3, (0, 90, 180, 270)),
        _polygon(x, y, size * 1.3, (30, 150, 270)),
        _polygon(x, y, size * 1.2, (18, 90, 162, 234, 306)),
    )
    return f'<g class="mark s{style % STYLES}">{shapes[style % STYLES]}</g>'


def _polygon(x: float, y: float, size: float, degrees: Sequence[float]) -> str:
    corners = [
        f"{x + size * math.cos(math.radians(angle)):.1f},{y - size * math.sin(math.radians(angle)):.1f}"
        for angle in degrees
    ]
    return f'<polygon points="{" ".join(corners)}"/>'


def _grid(x: Axis, y: Axis, height: int) -> list[str]:
    parts = []
    for value, label in y.ticks:
        level = at(x, y, (x.low, value))[1]
        parts.append(f'<path class=grid d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text(LEFT - 6, level + 4, label, "end"))
    for value, label in x.ticks:
        across = at(x, y, (value, y.low))[0]
        for number, line in enumerate(label.split("\n")):
            kind = "minor" if number else ""
            parts.append(text(across, height - BOTTOM + LINE + 1 + 12 * number, line, "middle", kind))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, height - 4, x.title, "middle", "axis"))
    middle = (TOP + height - BOTTOM) / 2
    parts.append(
        f'<text transform="translate(11 {middle:.1f}) rotate(-90)" text-anchor="middle" class=axis>'
        f"{escape(y.title)}</text>"
    )
    return parts


def _line(line: Line, x: Axis, y: Axis) -> list[str]:
    places = [at(x, y, point) for point in line.points]
    path = "M" + "L".join(f"{across:.1f} {level:.1f}" for across, level in places)
    parts = [f'<path class="line s{line.style % STYLES}" d="{path}"/>']
    # A few points are marked each, many would be a thick line.
    few = len(places) <= 20
    parts += [marker(line.style, *spot, 2.6) for spot in places if few]
    if line.marked is not None:
        across, level = places[line.marked]
        parts.append(
            f'<circle class="ring s{line.style % STYLES}" cx="{across:.1f}" cy="{level:.1f}" r="7"/>'
        )
    return parts


def _names(chart: Chart) -> list[str]:
    """Each line's name beside its end, pushed apart where ends are close."""
    ends = sorted((at(chart.x, chart.y, line.points[-1])[1], line.name, line.style) for line in chart.lines)
    parts, lowest = [], TOP - LINE / 2.0
    spare = HEIGHT - BOTTOM + 6 - LINE * len(ends)
    for number, (level, name, style) in enumerate(ends):
        level = max(min(level, spare + LINE * (number + 1)), lowest + LINE)
        lowest = level
        parts.append(marker(style, WIDTH - RIGHT + 11, level))
        parts.append(text(WIDTH - RIGHT + 19, level + 4, name))
    return parts
