"""The histogram of IoU: a strip of bars per method, one above the other on one scale."""

import json
from collections.abc import Sequence
from pathlib import Path

from stages.common.errors import DataError
from stages.tools.browse.chart import LEFT, LINE, RIGHT, STYLES, TOP, WIDTH, figure, text

STRIP, GAP = 42, 20


def histograms(methods: Sequence[str]) -> list[str]:
    """One figure of all methods that have a histogram."""
    found = {name: counts for name in methods if (counts := _read(name))}
    if not found:
        return []
    highest = max(max(counts) for counts in found.values())
    parts = []
    bottom = TOP
    for name, counts in found.items():
        bottom += STRIP + GAP
        parts += _strip(name, methods.index(name) % STYLES, counts, highest, bottom)
    width = (WIDTH - RIGHT - LEFT) / 10
    for tenth in range(0, 11, 2):
        parts.append(text(LEFT + tenth * width, bottom + LINE + 1, f"{tenth / 10:g}", "middle"))
    parts.append(
        text(
            (LEFT + WIDTH - RIGHT) / 2,
            bottom + 2 * LINE + 6,
            "IoU of the first moment with the truth",
            "middle",
            "axis",
        )
    )
    says = "; ".join(
        f"{name}: {', '.join(map(str, counts))} queries per tenth of IoU" for name, counts in found.items()
    )
    title = "IoU on test: queries in each tenth"
    return [figure(title, says, parts, bottom + 2 * LINE + 12)]


def _read(method: str) -> list[int]:
    path = Path(f"plots/iou/{method}.json")
    if not path.exists():
        return []
    try:
        return [int(entry["count"]) for entry in json.loads(path.read_text())]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is no histogram; run `dvc repro -sf evaluate@{method}`") from None


def _strip(name: str, style: int, counts: Sequence[int], highest: int, bottom: float) -> list[str]:
    width = (WIDTH - RIGHT - LEFT) / len(counts)
    parts = [f'<path class=grid d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>']
    for number, count in enumerate(counts):
        tall = STRIP * count / highest
        left = LEFT + number * width
        parts.append(
            f'<rect class="bar s{style}" x="{left + 1.5:.1f}" y="{bottom - tall:.1f}" '
            f'width="{width - 3:.1f}" height="{tall:.1f}"/>'
        )
        parts.append(text(left + width / 2, bottom - tall - 3, str(count), "middle", "minor"))
    parts.append(text(WIDTH - RIGHT + 11, bottom - STRIP / 2, name))
    return parts
