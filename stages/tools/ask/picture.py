"""An answer as a picture: the query, the video's frames, the moments found, and where the method looked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.audio import SAMPLE_RATE
from stages.evaluate.timeline import CURVE_STYLES, FIRST, OTHERS, TRUTH
from stages.tools.ask.answer import Answer, Moment, Span, clock_time
from stages.tools.ask.frames import thumbnails
from stages.tools.ask.outputs import writing
from stages.tools.ask.speech import samples_of
from stages.tools.ask.video import Video

SUFFIXES = (".png", ".pdf", ".svg")
_THUMBNAILS = 9
_SENTENCE_LENGTH = 62
_QUIET, _RULE = "#555555", "#BBBBBB"
# Columns of the waveform, so fine that each is a stroke.
_STROKES = 240


@dataclass(frozen=True)
class Asked:
    """By which method, and with which recording; None for a sentence in writing."""

    method: str
    speech: Path | None


def draw(out: Path, video: Video, answer: Answer, asked: Asked, truth: Span | None = None) -> None:
    """Write the picture of one answer, legible at 900 pixels."""
    lanes = len(answer.moments) - 1
    heights = [0.62, 1.05, 0.42 + 0.3 * (truth is not None) + 0.1 * lanes, 0.75]
    figure = Figure(figsize=(9, 1.15 + sum(heights)), dpi=150, layout="constrained")
    rows = figure.add_gridspec(4, 1, height_ratios=heights)
    _query(figure.add_subplot(rows[0]), answer, asked)
    _frames(figure.add_subplot(rows[1]), video, answer.moments[0])
    bars, curves = figure.add_subplot(rows[2]), figure.add_subplot(rows[3])
    _bars(bars, answer.moments, asked.method, truth)
    _curves(curves, answer)
    for axes in (bars, curves):
        _style(axes, video.duration)
    bars.tick_params(bottom=False, labelbottom=False)
    bars.spines["bottom"].set_visible(False)
    with writing(out) as temporary:
        figure.savefig(temporary)


def _query(axes: Axes, answer: Answer, asked: Asked) -> None:
    """What was asked: the sentence, where it is known, beside the sound."""
    axes.set_axis_off()
    left = 0.0
    if asked.speech is not None:
        left = 0.33
        _waveform(axes.inset_axes((0, 0, left - 0.03, 1)), asked.speech)
    sentence, note = _told(answer, asked)
    # A sentence may hold a $, which must not start a formula.
    axes.text(left, 0.62, sentence, fontsize=14, va="center", parse_math=False, transform=axes.transAxes)
    axes.text(
        left, 0.16, note, fontsize=9, va="center", color=_QUIET, parse_math=False, transform=axes.transAxes
    )


def _told(answer: Answer, asked: Asked) -> tuple[str, str]:
    if asked.speech is None:
        return _short(f"“{answer.words}”"), f"asked in writing, answered by {asked.method}"
    name = asked.speech.name
    if answer.words is None:
        return _short(name), f"{asked.method} answers from the speech itself"
    if not answer.words:
        return "(nothing was understood)", f"what {asked.method} has read, heard in {_short(name)}"
    return _short(f"“{answer.words}”"), f"what {asked.method} has read, heard in {_short(name)}"


def _short(text: str) -> str:
    return text if len(text) <= _SENTENCE_LENGTH else f"{text[: _SENTENCE_LENGTH - 1]}…"


def _waveform(axes: Axes, speech: Path) -> None:
    samples = samples_of(speech).astype(np.float32)
    loudest = [float(np.abs(part).max(initial=0)) for part in np.array_split(samples, _STROKES)]
    places = (np.arange(_STROKES) + 0.5) * len(samples) / SAMPLE_RATE / _STROKES
    axes.vlines(places, -np.array(loudest), loudest, color=FIRST, linewidth=0.7)
    axes.set_xlim(0, len(samples) / SAMPLE_RATE)
    axes.set_axis_off()
    axes.text(
        1, -0.02, f"{len(samples) / SAMPLE_RATE:.1f} s of speech", fontsize=8, color=_QUIET,
        ha="right", va="top", transform=axes.transAxes,
    )  # fmt: skip


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
            spine.set_color(FIRST if inside else _RULE)
            spine.set_linewidth(3 if inside else 0.8)
        part.set_title(clock_time(float(time)), fontsize=8, color=FIRST if inside else _QUIET, pad=4)
    axes.set_axis_off()


def strip_times(edges: Float[np.ndarray, " edges"], best: Moment) -> Float[np.ndarray, " times"]:
    """The middle of each stretch; where none lies in the best moment, one that does replaces the nearest."""
    times = (edges[:-1] + edges[1:]) / 2
    if not ((best.start <= times) & (times < best.end)).any():
        shown = (best.start + best.end) / 2
        times[np.abs(times - shown).argmin()] = shown
    return times


def _bars(axes: Axes, moments: list[Moment], method: str, truth: Span | None) -> None:
    """The truth, the moment found, and thinner, the next best."""
    best = moments[0]
    bars = [] if truth is None else [(truth, 0.3, TRUTH, "truth")]
    bars.append(((best.start, best.end), 0.3, FIRST, method))
    bars += [((moment.start, moment.end), 0.1, OTHERS, "") for moment in moments[1:]]
    top, marks = 0.0, {}
    for (start, end), height, colour, label in bars:
        axes.broken_barh([(start, end - start)], (top - 0.85 * height, 0.7 * height), color=colour)
        if label:
            marks[top - height / 2] = label
        top -= height
    if len(moments) > 1:
        marks[top + 0.05 * (len(moments) - 1)] = f"next {len(moments) - 1}"
    axes.set_yticks(list(marks), list(marks.values()))
    axes.set_ylim(top, 0)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    title = f"found: {best}"
    if truth is not None:
        title += (
            f"; IoU with the truth ({clock_time(truth[0])} - {clock_time(truth[1])}) {best.iou(truth):.2f}"
        )
    axes.set_title(title, fontsize=10, color=FIRST, loc="left")


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
