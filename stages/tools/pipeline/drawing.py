"""Stages as boxes from top to bottom, and beside them a line for all data that flows between them."""

import textwrap
from html import escape

from stages.tools.pipeline.graph import Flow, Stage

WIDTH, MARGIN = 900, 14
_BOX, _TALL, _PITCH, _TOP = 388, 48, 60, 20
_FIRST_LANE = MARGIN + _BOX + 40
# Where in a box its line of reading and its line of making start.
_READ, _MAKE = 15, 34
_CAPTION = 64  # characters
_INK, _SOFT, _GRID = "#1f2328", "#59636e", "#d1d9e0"
# Okabe and Ito's, those that show on white.
_COLOURS = ("#0072B2", "#B34A00", "#00785A", "#A3487A", "#8A6100", "#4F5BD5", "#5B6770")
_STYLE = (
    "text{font-family:-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif}"
    f".name{{font-size:14.5px;font-weight:600;fill:{_INK}}}"
    f".caption{{font-size:11px;fill:{_SOFT}}}"
    ".each{font-size:10.5px;fill:#0b5394}"
    ".data{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
)


def draw(stages: list[Stage], flows: list[Flow]) -> str:
    """The picture as SVG, on a ground of its own so that it shows on light and on dark pages."""
    height = _TOP + _PITCH * len(stages) + 38
    lanes = _lanes(flows)
    colours = [_COLOURS[flow.maker % len(_COLOURS)] for flow in flows]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="The pipeline: {len(stages)} stages and their data">',
        f"<style>{_STYLE}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="10" fill="#fff" '
        f'stroke="{_GRID}"/>',
    ]
    parts += [_reading(number, stage, flows, lanes) for number, stage in enumerate(stages)]
    parts += [_lane(flow, x, colour) for flow, x, colour in zip(flows, lanes, colours, strict=True)]
    parts += [_dots(flow, x, colour) for flow, x, colour in zip(flows, lanes, colours, strict=True)]
    parts += [_label(flow, x, colour) for flow, x, colour in zip(flows, lanes, colours, strict=True)]
    parts += [_box(stage, _top(number)) for number, stage in enumerate(stages)]
    parts += [_key(height - 18), "</svg>"]
    return "\n".join(part for part in parts if part) + "\n"


def _lanes(flows: list[Flow]) -> list[float]:
    """Where each flow runs: what is made first, furthest right, so that no making line crosses a flow."""
    step = (WIDTH - MARGIN - 12 - _FIRST_LANE) / max(len(flows) - 1, 1)
    # Of one maker the first stays left: its names are read in their order.
    order = sorted(range(len(flows)), key=lambda place: (-flows[place].maker, place))
    return [round(_FIRST_LANE + step * order.index(place), 1) for place in range(len(flows))]


def _top(number: int) -> int:
    return _TOP + _PITCH * number


def _reading(number: int, stage: Stage, flows: list[Flow], lanes: list[float]) -> str:
    """The line from the flows that a stage reads to its box."""
    read = [x for flow, x in zip(flows, lanes, strict=True) if number in flow.readers]
    if not read:
        return ""
    y, edge = _top(number) + _READ, MARGIN + _BOX + (8 if stage.for_each_row else 3)
    return (
        f'<path d="M{max(read)} {y}H{edge + 6}" stroke="{_SOFT}" fill="none" stroke-width="1.2"/>'
        f'<path d="M{edge} {y}l8 -4v8z" fill="{_SOFT}"/>'
    )


def _lane(flow: Flow, x: float, colour: str) -> str:
    start, end = _top(flow.maker) + _MAKE, _top(max(flow.readers)) + _READ
    return (
        f'<path d="M{MARGIN + _BOX} {start}H{x}V{end}" stroke="{colour}" fill="none" stroke-width="2" '
        'stroke-linejoin="round"/>'
    )


def _dots(flow: Flow, x: float, colour: str) -> str:
    return "".join(
        f'<circle cx="{x}" cy="{_top(reader) + _READ}" r="4.2" fill="{colour}" stroke="#fff"/>'
        for reader in flow.readers
    )


def _label(flow: Flow, x: float, colour: str) -> str:
    y = _top(flow.maker) + _MAKE + 8
    text = escape(", ".join(flow.names))
    return f'<text class="data" fill="{colour}" transform="translate({x + 6} {y}) rotate(90)">{text}</text>'


def _box(stage: Stage, y: int) -> str:
    shadow = each = ""
    if stage.for_each_row:
        shadow = "".join(
            f'<rect x="{MARGIN + by}" y="{y + by}" width="{_BOX}" height="{_TALL}" rx="6" fill="#eef5fc" '
            'stroke="#8fb8de"/>' for by in (5, 2.5)
        )  # fmt: skip
        each = (
            f'<text class="each" x="{MARGIN + _BOX - 10}" y="{y + 18}" text-anchor="end">for each row</text>'
        )
    fill, edge = ("#eef5fc", "#8fb8de") if stage.for_each_row else ("#f6f8fa", _GRID)
    lines = _caption(stage.description)
    first = y + 30 if len(lines) > 1 else y + 35
    texts = "".join(
        f'<text class="caption" x="{MARGIN + 10}" y="{first + 12.5 * number:g}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'{shadow}<rect x="{MARGIN}" y="{y}" width="{_BOX}" height="{_TALL}" rx="6" fill="{fill}" '
        f'stroke="{edge}"/>'
        f'<text class="name" x="{MARGIN + 10}" y="{y + 17}">{escape(stage.name)}</text>{each}{texts}'
    )


def _caption(description: str) -> list[str]:
    """What the stage makes, without its special cases."""
    return textwrap.wrap(description.split(";")[0].split(" - ")[0], _CAPTION)[:2]


def _key(y: int) -> str:
    return (
        f'<text class="caption" x="{MARGIN + 10}" y="{y}">A line is what a stage makes. Where it has a dot, '
        "the stage on the left reads it. “For each row”: once for every method that params.yaml compares."
        "</text>"
    )
