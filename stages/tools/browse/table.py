"""The results as an HTML table: methods, their control and blind guessing, never one without the rest."""

from collections.abc import Mapping
from html import escape

from stages.scoring.metrics import MOMENTS, THRESHOLDS, Metrics
from stages.scoring.table import CONTROL, RATES, Results


def results_table(results: Results) -> str:
    """Rows in groups under a heading each; the best method of each column in bold."""
    bodies = [_group("methods", results.methods, results.best())]
    bodies += [
        _group(title, rows, {}) for title, rows in ((CONTROL, results.control), ("blind", results.blind))
    ]
    return f"<table class=results>\n{_heading()}\n" + "\n".join(bodies) + "\n</table>"


def _heading() -> str:
    over = "".join(f"<th colspan={len(THRESHOLDS)} scope=colgroup>R@{n}, IoU ≥</th>" for n in (1, MOMENTS))
    under = "".join(f"<th scope=col>{threshold}</th>" for threshold in (*THRESHOLDS, *THRESHOLDS))
    return (
        "<thead><tr><th rowspan=2 scope=col>method</th><th rowspan=2 scope=col>mIoU</th>"
        "<th rowspan=2 scope=col>95 %<span class=scale> over videos, on 0 to 100</span></th>"
        f"{over}</tr><tr>{under}</tr></thead>"
    )


def _group(title: str, rows: Mapping[str, Metrics], best: Mapping[str, float]) -> str:
    lines = [f"<tbody><tr class=group><th colspan={len(RATES) + 2} scope=rowgroup>{escape(title)}</th></tr>"]
    for name, metrics in rows.items():
        # What sums a method up comes first: a phone shows few columns.
        miou, *rates = [_cell(metrics[key], best.get(key) == metrics[key]) for key in ("mIoU", *RATES[:-1])]
        cells = f"{miou}{_interval(metrics)}{''.join(rates)}"
        lines.append(f"<tr><th scope=row>{escape(name)}</th>{cells}</tr>")
    return "\n".join(lines) + "</tbody>"


def _cell(value: float, best: bool) -> str:
    text = f"{value:.2f}"
    return f"<td><b>{text}</b></td>" if best else f"<td>{text}</td>"


def _interval(metrics: Metrics) -> str:
    low, high, middle = (metrics[key] for key in ("mIoU_low", "mIoU_high", "mIoU"))
    return (
        f"<td class=interval><span class=range>{low:.1f}–{high:.1f}</span>"
        f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class=rail d="M0 4H100"/><path class=span d="M{low:g} 4H{high:g}"/>'
        f'<path class=middle d="M{middle:g} 0V8"/></svg></td>'
    )
