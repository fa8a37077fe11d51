"""An answer as a picture: the video's frames, the moments found, and where the method looked."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.evaluate.timeline import CURVE_STYLES, FIRST, OTHERS
from stages.tools.ask.answer import Answer, Moment, clock_time
from stages.tools.ask.frames import thumbnails
from stages.tools.ask.outputs import writing
from stages.tools.ask.video import Video

SUFFIXES = (".png", ".pdf", ".svg")
_THUMBNAILS = 9
_TITLE_LENGTH = 90


def draw(out: Path, video: Video, answer: Answer, title: str) -> None:
    """Write the picture of one answer, legible at 900 pixels."""
    figure = Figure(figsize=(9, 4.2), dpi=150, layout="constrained")
    rows = figure.add_gridspec(3, 1, height_ratios=[1.1, 1, 1.2])
    best = answer.moments[0]
    _frames(figure.add_subplot(rows[0]), video, best)
    bars, curves = figure.add_subplot(rows[1]), figure.add_subplot(rows[2])
    _bars(bars, answer.moments)
    _curves(curves, answer)
    for axes in (bars, curves):
        _style(axes, video.duration)
    bars.tick_params(labelbottom=False)
    short = title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"
    # A title may hold a $, which must not start a formula.
    figure.suptitle(short, fontsize=11, x=0.01, ha="left", parse_math=False)
    with writing(out) as temporary:
        figure.savefig(temporary)


def _frames(axes: Axes, video: Video, best: Moment) -> None:
    """Thumbnails, each over the stretch of time that it is from."""
    edges = np.linspace(0, video.duration, _THUMBNAILS + 1)
    times = strip_times(edges, best)
    pictures = thumbnails(video.path, times.tolist())
    for left, right, time, picture in zip(edges[:-1], edges[1:], times, pictures, strict=True):
        part = axes.inset_axes((left / video.duration, 0, (right - left) / video.duration, 1))
        part.imshow(picture)
        part.set_xticks([])
        part.set_yticks([])
        inside = best.start <= time < best.end
        part.set_zorder(1 + inside)
        for spine in part.spines.values():
            spine.set_color(FIRST if inside else "#BBBBBB")
            spine.set_linewidth(3 if inside else 0.8)
        part.set_title(clock_time(float(time)), fontsize=8, color=FIRST if inside else "#555555", pad=4)
    axes.set_axis_off()


def strip_times(edges: Float[np.ndarray, " edges"], best: Moment) -> Float[np.ndarray, " times"]:
    """The middle of each stretch; where none lies in the best moment, one that does replaces the nearest."""
    times = (edges[:-1] + edges[1:]) / 2
    if not ((best.start <= times) & (times < best.end)).any():
        shown = (best.start + best.end) / 2
        times[np.abs(times - shown).argmin()] = shown
    return times


def _bars(axes: Axes, moments: list[Moment]) -> None:
    for rank, moment in enumerate(moments):
        colour = OTHERS if rank else FIRST
        axes.broken_barh([(moment.start, moment.end - moment.start)], (-rank - 0.4, 0.8), color=colour)
    axes.set_yticks([-rank for rank in range(len(moments))], [f"{rank + 1}" for rank in range(len(moments))])
    axes.set_ylim(-len(moments) + 0.4, 0.6)
    axes.set_title(f"best: {moments[0]}", fontsize=9, color=FIRST, loc="left")


def _curves(axes: Axes, answer: Answer) -> None:
    for name, curve in answer.curves.items():
        colour, style, label = CURVE_STYLES[name]
        axes.stairs(curve, answer.edges, color=colour, linestyle=style, linewidth=1.4, label=label)
    axes.set_ylim(0, None)
    axes.set_ylabel("relevance" if "relevance" in answer.curves else "probability", fontsize=8)
    axes.legend(fontsize=8, frameon=False, loc="upper right")


def _style(axes: Axes, duration: float) -> None:
    axes.set_xlim(0, duration)
    places = [place for place in axes.get_xticks() if 0 <= place <= duration]
    axes.set_xticks(places, [clock_time(place, 2).rstrip("0").rstrip(".") for place in places])
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
