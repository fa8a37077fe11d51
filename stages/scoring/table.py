"""The results as a table: methods, then what blind guessing earns, never the one without the other."""

from collections.abc import Mapping

from stages.scoring.metrics import KEYS, MOMENTS, THRESHOLDS, Metrics

RATES = [key for key in KEYS if key not in ("mIoU_low", "mIoU_high", "queries")]
NAME_WIDTH, RATE_WIDTH, INTERVAL_WIDTH = 22, 7, 13
WIDTH = NAME_WIDTH + RATE_WIDTH * len(RATES) + INTERVAL_WIDTH
BOLD, PLAIN = "\033[1m", "\033[0m"


def text_table(methods: Mapping[str, Metrics], blind: Mapping[str, Metrics], bold: bool) -> str:
    """A table of 98 columns; `bold` marks each column's best of several methods (for terminals)."""
    best = _best(methods)
    lines = [*_heading(), "─" * WIDTH]
    lines += [_text_row(name, metrics, best if bold else {}) for name, metrics in methods.items()]
    lines += [" blind ".center(WIDTH, "─")]
    lines += [_text_row(name, metrics, {}) for name, metrics in blind.items()]
    return "\n".join([*lines, "─" * WIDTH, _footer(methods, blind)])


def markdown_table(methods: Mapping[str, Metrics], blind: Mapping[str, Metrics]) -> str:
    """The same rows as Markdown, blind ones in italics, each column's best method in bold."""
    best = _best(methods)
    recalls = [f"R@{n}, {threshold}" for n in (1, MOMENTS) for threshold in THRESHOLDS]
    lines = ["| method | " + " | ".join([*recalls, "mIoU", "95 %"]) + " |"]
    lines += ["|---" + "|---:" * (len(RATES) + 1) + "|"]
    for name, metrics in methods.items():
        cells = [f"**{text}**" if best.get(key) == metrics[key] else text for key, text in _cells(metrics)]
        lines.append("| " + " | ".join([name, *cells, _interval(metrics)]) + " |")
    for name, metrics in blind.items():
        cells = [text for _, text in _cells(metrics)]
        lines.append("| " + " | ".join([f"*{name}*", *cells, _interval(metrics)]) + " |")
    return "\n".join([*lines, "", _footer(methods, blind)])


def _heading() -> list[str]:
    group = RATE_WIDTH * len(THRESHOLDS)
    over = "".join(f"R@{n}, IoU ≥".rjust(RATE_WIDTH + 5).ljust(group) for n in (1, MOMENTS))
    under = "".join(f"{threshold:>{RATE_WIDTH}}" for threshold in (*THRESHOLDS, *THRESHOLDS))
    return [
        (" " * NAME_WIDTH + over).rstrip(),
        " " * NAME_WIDTH + under + "mIoU".rjust(RATE_WIDTH) + "95 %".rjust(INTERVAL_WIDTH),
    ]


def _text_row(name: str, metrics: Metrics, best: Mapping[str, float]) -> str:
    row = name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"
    row = row.ljust(NAME_WIDTH)
    for key, text in _cells(metrics):
        padded = text.rjust(RATE_WIDTH)
        row += f"{BOLD}{padded}{PLAIN}" if best.get(key) == metrics[key] else padded
    return row + _interval(metrics).rjust(INTERVAL_WIDTH)


def _cells(metrics: Metrics) -> list[tuple[str, str]]:
    return [(key, f"{metrics[key]:.2f}") for key in RATES]


def _interval(metrics: Metrics) -> str:
    return f"{metrics['mIoU_low']:.1f}–{metrics['mIoU_high']:.1f}"


def _best(methods: Mapping[str, Metrics]) -> dict[str, float]:
    if len(methods) < 2:
        return {}
    return {key: max(metrics[key] for metrics in methods.values()) for key in RATES}


def _footer(methods: Mapping[str, Metrics], blind: Mapping[str, Metrics]) -> str:
    counts = {int(metrics["queries"]) for metrics in (*methods.values(), *blind.values())}
    queries = " or ".join(f"{count:,}" for count in sorted(counts))
    return f"percent of {queries} test queries; 95 %: bootstrap interval of mIoU over videos"
