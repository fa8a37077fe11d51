"""Figures 4 and 5 of the paper, drawn from our runs."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.artifacts import written_whole
from stages.tools.report.summary import Cell, over_seeds
from stages.tools.sweep.blind import BEST_MIOU, blind_rows
from stages.tools.sweep.lines import FONT, INK, STYLES, Line, Style, draw, limits
from stages.tools.sweep.panels import panels_of
from stages.tools.sweep.results import Results
from stages.tools.sweep.runs import Run

# What `noise.level` says of the proportion.
_LEVELS = {"clean": "0", "normal": "0.5-0.7", "large": "0.7-0.9"}
_SHOWN = {"R1_IoU0_5": "R@1, IoU ≥ 0.5 (%)", "mIoU": "mIoU (%)"}
_ACROSS = (-0.3, len(_LEVELS) - 0.7)
_HEARD = Style(INK, "o")
_MODES = ("add", "convex")
_METHODS = ("base", "vgcl", "foretell", "asr", "text", "cpc")
# It reads the captions, so the noise is nothing to it: one run stands for all.
_UNHEARING = "text"
_PACINGS = ("linear", "exponential", "logarithmic")


def figure4(runs: Sequence[Run], results: Results) -> Figure | None:
    """Hits and mIoU against the noise, a column per mode that has noisy runs, transcripts' errors below."""
    done = [run for run in runs if run.name in results]
    noisy = {_mode(run) for run in done if _level(run) != "clean"}
    modes = [mode for mode in _MODES if mode in noisy] or (["add"] if done else [])
    if not modes:
        return None
    heard = any(results[run.name].wer is not None for run in done)
    heights = [*(2.5 for _ in _SHOWN), *([1.5] if heard else [])]
    figure, panels = panels_of(heights, len(modes))
    # Without noise there is nothing to mix in one way or the other.
    by_mode = [
        [run for run in done if _mode(run) == mode or _level(run) == "clean" or run.row.method == _UNHEARING]
        for mode in modes
    ]
    for (key, label), row in zip(_SHOWN.items(), panels, strict=False):
        blind = _blind(done, results, key)
        lines = [_by_method(of_mode, results, key) for of_mode in by_mode]
        low, high = limits([line for some in lines for line in some], blind)
        for axes, some in zip(row, lines, strict=True):
            axes.set(xlim=_ACROSS, ylim=(low, high))
            draw(axes, some, 0.05, blind)
            axes.set_ylabel(label, fontsize=FONT)
    if heard:
        _errors(panels[-1], by_mode, results)
    for axes in (axes for row in panels for axes in row):
        axes.set_xticks(range(len(_LEVELS)), [])
    for axes, mode in zip(panels[0], modes, strict=True):
        axes.set_title(f"noise.mode: {mode}", fontsize=FONT + 1, loc="left")
    for axes in panels[-1]:
        axes.set_xticks(range(len(_LEVELS)), [f"{level}\n{share}" for level, share in _LEVELS.items()])
        axes.set_xlabel("noise.level, and the noise's proportion", fontsize=FONT)
    return figure


def figure5(runs: Sequence[Run], results: Results) -> Figure | None:
    """MIoU of what was pretrained up to each stage of the curriculum, a line per pacing."""
    done = [run for run in runs if run.name in results]
    if not done:
        return None
    figure, ((axes,),) = panels_of([3.4], 1)
    lines = []
    for pacing, style in zip(_PACINGS, STYLES, strict=False):
        of_pacing = [run for run in done if _setting(run, "curriculum.pacing", "linear") == pacing]
        points = _points(of_pacing, results, "mIoU", _last_stage)
        lines += [Line(pacing, style, points)] if points else []
    blind = _blind(done, results, "mIoU")
    axes.set(ylim=limits(lines, blind), xlim=(-0.5, 10.5))
    draw(axes, lines, 0.1, blind)
    axes.set_xticks(sorted({_last_stage(run) for run in runs}))
    axes.set_xlabel("the last stage t of the curriculum that was trained", fontsize=FONT)
    axes.set_ylabel(_SHOWN["mIoU"], fontsize=FONT)
    return figure


FIGURES: dict[str, Callable[[Sequence[Run], Results], Figure | None]] = {
    "figure4": figure4, "figure5": figure5,
}  # fmt: skip


def write_figure(name: str, runs: Sequence[Run], results: Results, path: Path) -> bool:
    """Write the figure of a plan as SVG, the same runs the same bytes; False where nothing is to be drawn."""
    figure = FIGURES[name](runs, results) if name in FIGURES else None
    if figure is None:
        return False
    with mpl.rc_context({"svg.hashsalt": name}), written_whole(path) as temporary:
        figure.savefig(temporary, metadata={"Date": None, "Creator": None})
    return True


def _by_method(runs: Sequence[Run], results: Results, key: str) -> list[Line]:
    lines = []
    for method, style in zip(_METHODS, STYLES, strict=True):
        of_method = [run for run in runs if run.row.method == method]
        points = _points(of_method, results, key, _place)
        if method == _UNHEARING and points:
            points = dict.fromkeys(range(len(_LEVELS)), *points.values())
        lines += [Line(method, style, points)] if points else []
    return lines


def _points(
    runs: Iterable[Run], results: Results, key: str, place: Callable[[Run], float]
) -> dict[float, Cell]:
    figures: dict[float, list[float]] = {}
    for run in runs:
        figures.setdefault(place(run), []).append(results[run.name].metrics[key])
    return {where: over_seeds(values) for where, values in figures.items()}


def _errors(row: Sequence[Axes], by_mode: Sequence[Sequence[Run]], results: Results) -> None:
    # A recogniser has no training seed: all runs at a noise have the same.
    rates = [
        {
            _place(run): wer
            for run in of_mode
            if run.row.method != _UNHEARING and (wer := results[run.name].wer) is not None
        }
        for of_mode in by_mode
    ]
    for axes, wers in zip(row, rates, strict=True):
        axes.set(xlim=_ACROSS, ylim=(0, 1.3 * max(wer for some in rates for wer in some.values())))
        points = {place: over_seeds([wer]) for place, wer in wers.items()}
        draw(axes, [Line("transcripts", _HEARD, points)] if points else [], 0)
        for place, wer in wers.items():
            axes.annotate(
                f"{wer:.1f}", (place, wer), (0, 6), textcoords="offset points", ha="center", fontsize=FONT
            )
        axes.set_ylabel("WER (%)", fontsize=FONT)


def _blind(runs: Sequence[Run], results: Results, key: str) -> float | None:
    # Blind guessing hears no noise and has no seed: it is the same for all runs.
    best = blind_rows([results[run.name] for run in runs]).get(BEST_MIOU)
    return None if best is None else best[key]


def _setting(run: Run, key: str, otherwise: str) -> str:
    return dict(run.row.changes).get(key, otherwise)


def _level(run: Run) -> str:
    return _setting(run, "noise.level", "normal")


def _mode(run: Run) -> str:
    return _setting(run, "noise.mode", "add")


def _place(run: Run) -> float:
    return list(_LEVELS).index(_level(run))


def _last_stage(run: Run) -> float:
    return float(_setting(run, "curriculum.stop", "10"))
