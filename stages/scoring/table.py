"""The results as a table: methods, their control and blind guessing, never one without the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stages.scoring.metrics import KEYS, MOMENTS, THRESHOLDS, Metrics

RATES = [key for key in KEYS if key not in ("mIoU_low", "mIoU_high", "queries")]
NAME_WIDTH, RATE_WIDTH, INTERVAL_WIDTH = 22, 7, 13
WIDTH = NAME_WIDTH + RATE_WIDTH * len(RATES) + INTERVAL_WIDTH
BOLD, PLAIN = "\033[1m", "\033[0m"
CONTROL = "asked with another video's query"


@dataclass(frozen=True)
class Results:
    """Rows by name; `control` has the methods again, asked with queries about other videos.

    `trained_in` is the precision that each method was trained in.
    """

    methods: Mapping[str, Metrics] = field(default_factory=dict)
    control: Mapping[str, Metrics] = field(default_factory=dict)
    blind: Mapping[str, Metrics] = field(default_factory=dict)
    trained_in: Mapping[str, str] = field(default_factory=dict)

    def best(self) -> dict[str, float]:
        """The best method's figure of each column, where there are several methods."""
        if len(self.methods) < 2:
            return {}
        return {key: max(metrics[key] for metrics in self.methods.values()) for key in RATES}


def text_table(results: Results, bold: bool) -> str:
    """A table of 98 columns; `bold` marks each column's best of several methods (for terminals)."""
    best = results.best() if bold else {}
    lines = [*_heading(), "─" * WIDTH]
    lines += [_text_row(name, metrics, best) for name, metrics in results.methods.items()]
    for title, rows in ((CONTROL, results.control), ("blind", results.blind)):
        if rows:
            lines.append(f" {title} ".center(WIDTH, "─"))
            lines += [_text_row(name, metrics, {}) for name, metrics in rows.items()]
    return "\n".join([*lines, "─" * WIDTH, _footer(results)])


def markdown_table(results: Results) -> str:
    """The same rows as Markdown, control and blind ones in italics, each column's best method in bold."""
    best = results.best()
    recalls = [f"R@{n}, {threshold}" for n in (1, MOMENTS) for threshold in THRESHOLDS]
    lines = ["| method | " + " | ".join([*recalls, "mIoU", "95 %"]) + " |"]
    lines += ["|---" + "|---:" * (len(RATES) + 1) + "|"]
    for name, metrics in results.methods.items():
        cells = [f"**{text}**" if best.get(key) == metrics[key] else text for key, text in _cells(metrics)]
        lines.append("| " + " | ".join([name, *cells, _interval(metrics)]) + " |")
    below = {f"{name}, {CONTROL}": metrics for name, metrics in results.control.items()}
    for name, metrics in {**below, **results.blind}.items():
        cells = [text for _, text in _cells(metrics)]
        lines.append("| " + " | ".join([f"*{name}*", *cells, _interval(metrics)]) + " |")
    return "\n".join([*lines, "", _footer(results)])


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


def _footer(results: Results) -> str:
    rows = (*results.methods.values(), *results.control.values(), *results.blind.values())
    queries = " or ".join(f"{count:,}" for count in sorted({int(metrics["queries"]) for metrics in rows}))
    line = f"percent of {queries} test queries; 95 %: bootstrap interval of mIoU over videos"
    if not results.trained_in:
        return line
    trained = f"trained in {_precisions(results.trained_in)}"
    return f"{line}; {trained}" if len(line) + len(trained) + 2 <= WIDTH else f"{line};\n{trained}"


def _precisions(trained_in: Mapping[str, str]) -> str:
    """`bf16`, or where rows differ `bf16 (base), fp32 (asr, text)`."""
    rows = {
        precision: [name for name in trained_in if trained_in[name] == precision]
        for precision in sorted(set(trained_in.values()))
    }
    if len(rows) == 1:
        return next(iter(rows))
    return ", ".join(f"{precision} ({', '.join(names)})" for precision, names in rows.items())
