"""A picture of a few queries: where the moment is, where the method looked for it, and how sure it was."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.artifacts import written_whole
from stages.scoring.metrics import temporal_iou
from stages.scoring.predictions import curves_of, moments_of, truth_of

# Okabe and Ito's colours, told apart by colour-blind readers; the curves differ in line style too.
TRUTH, FIRST, OTHERS = "#009E73", "#0072B2", "#A9CFE6"
CURVE_STYLES = {
    "p_start": ("#D55E00", "-", "start"),
    "p_end": ("#CC79A7", "--", "end"),
    "relevance": ("#D55E00", "-", "relevance"),
}
SHOWN = 5
CAPTION_LENGTH = 90
# Where the curves stand, above the bars.
FLOOR = 2.15


def choose(table: pd.DataFrame) -> dict[int, int]:
    """Ranks from the best query to the worst, evenly spread, and their rows; ties go by query id."""
    iou = temporal_iou(moments_of(table)[:, 0], *truth_of(table))
    order = np.lexsort((table["query_id"].to_numpy(str), -iou))
    ranks = np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int)
    return {int(rank) + 1: int(order[rank]) for rank in ranks}


def timeline(path: Path, table: pd.DataFrame, title: str, captions: Mapping[str, str]) -> None:
    """Draw the chosen queries of a table of predictions as a PNG, legible at 900 pixels."""
    chosen = choose(table)
    figure = Figure(figsize=(9, 0.9 + 1.55 * len(chosen)), dpi=150, layout="constrained")
    figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left", parse_math=False)
    moments, (truth, duration) = moments_of(table), truth_of(table)
    iou, curves = temporal_iou(moments[:, 0], truth, duration), curves_of(table)
    for axes, (rank, row) in zip(
        figure.subplots(len(chosen), squeeze=False)[:, 0], chosen.items(), strict=True
    ):
        query = table.iloc[row]
        _bars(axes, moments[row], truth[row])
        _curves(axes, {name: curve[row] for name, curve in curves.items()}, duration[row])
        _style(axes, duration[row])
        _caption(axes, captions.get(query["query_id"], query["query_id"]))
        axes.set_title(f"rank {rank:,} of {len(table):,}, IoU {iou[row]:.2f}", fontsize=9, loc="right")
    axes.set_xlabel("seconds", fontsize=9)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), fontsize=8, frameon=False)
    with written_whole(path) as temporary:
        # Without the version of matplotlib, so that its upgrade alone changes no bytes.
        figure.savefig(temporary, metadata={"Software": None})


def _bars(axes: Axes, moments: Float[np.ndarray, "ranked 2"], truth: Float[np.ndarray, " 2"]) -> None:
    bars = [(truth, 1.6, 0.55, TRUTH, "truth"), (moments[0], 0.92, 0.55, FIRST, "first moment")]
    for place, moment in enumerate(moments[1:]):
        label = "_" if place else f"next {len(moments) - 1}"
        bars.append((moment, 0.5 - 0.2 * place, 0.12, OTHERS, label))
    for span, height, thickness, colour, label in bars:
        axes.broken_barh(
            [(span[0], span[1] - span[0])], (height - thickness / 2, thickness), color=colour, label=label
        )


def _curves(axes: Axes, curves: Mapping[str, Float[np.ndarray, " frames"]], duration: float) -> None:
    highest = max(float(np.finfo(np.float32).tiny), *(float(curve.max()) for curve in curves.values()))
    axes.axhline(FLOOR, color="#BBBBBB", linewidth=0.8, zorder=0)
    for name, curve in curves.items():
        colour, style, label = CURVE_STYLES[name]
        edges = np.linspace(0, duration, len(curve) + 1)
        # Two flat lines on top of each other would hide the floor.
        visible = np.where(curve > 0.005 * highest, FLOOR + 1.1 * curve / highest, np.nan)
        axes.stairs(visible, edges, baseline=FLOOR, color=colour, linestyle=style, linewidth=1.3, label=label)


def _style(axes: Axes, duration: float) -> None:
    axes.set_xlim(0, duration)
    axes.set_ylim(-0.3, FLOOR + 1.2)
    axes.set_yticks([])
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _caption(axes: Axes, text: str) -> None:
    text = " ".join(text.split())
    if len(text) > CAPTION_LENGTH:
        text = text[: CAPTION_LENGTH - 1] + "…"
    # A caption may hold a $, which must not start a formula.
    axes.set_title(text, fontsize=9, loc="left", parse_math=False)
