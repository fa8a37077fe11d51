from dataclasses import replace

import pytest

from stages.tools.sweep.figures import FIGURES, write_figure
from stages.tools.sweep.lines import spread
from stages.tools.sweep.plans import PLANS
from stages.tools.sweep.results import Result
from stages.tools.sweep.runs import runs_of

# The first line's.
BLUE = "#0072B2"
BLIND = {"window for mIoU": {"R1_IoU0_5": 5.5, "mIoU": 24.0}}


def results(name, wanted, wer=None):
    """All runs of a plan whose row is wanted; hits are 10 above mIoU, which is 50, 51, 52 over seeds."""
    runs = runs_of(PLANS[name], [0, 1, 2])
    return runs, {
        run.name: Result({"mIoU": 50.0 + run.seed, "R1_IoU0_5": 60.0 + run.seed}, BLIND, wer=wer)
        for run in runs
        if wanted(run.row)
    }


def names(axes):
    return {text.get_text() for text in axes.texts} - {""}


def drawn(axes, colour):
    """The one line with intervals of a colour."""
    (bars,) = [bars for bars in axes.containers if bars.lines[0].get_color() == colour]
    return bars.lines


@pytest.mark.parametrize(
    ("wanted", "gap", "places"),
    [
        ([1.0, 5.0, 9.0], 2.0, [1.0, 5.0, 9.0]),
        # Two that touch part around their middle.
        ([4.0, 4.0, 9.0], 2.0, [3.0, 5.0, 9.0]),
        # Three of a heap, the last one pushed into it by the first two.
        ([4.0, 4.0, 5.5], 2.0, [2.5, 4.5, 6.5]),
        ([], 2.0, []),
    ],
)
def test_names_stand_as_near_to_their_lines_as_they_have_room(wanted, gap, places):
    assert spread(wanted, gap) == pytest.approx(places)


def test_figure_4_has_a_line_per_method_that_was_run_and_blind():
    runs, done = results("figure4", lambda row: row.method in ("base", "text") and not row.changes)
    figure = FIGURES["figure4"](runs, done)
    hits, miou = figure.axes
    assert names(hits) == names(miou) == {"base", "text", "blind"}
    assert hits.get_ylabel().startswith("R@1, IoU ≥ 0.5")
    # The mean of three seeds, and half of the interval of 50, 51, 52: 4.303 / √3.
    line, _, (intervals,) = drawn(miou, BLUE)
    assert list(line.get_ydata()) == [51.0]
    low, high = intervals.get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((51 - 2.484, 51 + 2.484), abs=1e-3)


def test_what_reads_captions_is_one_level_line_in_both_modes():
    runs, done = results("figure4", lambda row: row.method in ("base", "text"), wer=7.25)
    # What the recogniser makes of the noise that the one run of text had is nothing to the other mode.
    done = {name: replace(done[name], wer=1.0) if name.startswith("text") else done[name] for name in done}
    figure = FIGURES["figure4"](runs, done)
    of_text = [drawn(axes, "#E69F00")[0] for axes in figure.axes[2:4]]
    assert [list(line.get_ydata()) for line in of_text] == [[51.0] * 3] * 2
    assert names(figure.axes[4]) == names(figure.axes[5]) == {"7.2", "transcripts"}


def test_figure_4_has_a_column_per_mode_and_clean_speech_in_both():
    runs, done = results("figure4", lambda row: row.method == "base", wer=7.25)
    figure = FIGURES["figure4"](runs, done)
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "noise.mode: add",
        "noise.mode: convex",
    ]
    assert [len(drawn(axes, BLUE)[0].get_xdata()) for axes in figure.axes[:4]] == [3, 3, 3, 3]
    # Columns can be compared: their scales are the same.
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert {"7.2", "transcripts"} == names(figure.axes[4])


def test_figure_4_of_clean_speech_alone_has_one_column():
    runs, done = results("figure4", lambda row: "clean" in row.label and row.method == "asr")
    assert len(FIGURES["figure4"](runs, done).axes) == 2


def test_figure_5_has_a_line_per_pacing_along_the_stages():
    runs, done = results("figure5", lambda row: not row.label.startswith("exponential"))
    (axes,) = FIGURES["figure5"](runs, done).axes
    assert names(axes) == {"linear", "logarithmic", "blind"}
    line, *_ = drawn(axes, BLUE)
    assert line.get_xdata() == pytest.approx([0, 2, 4, 6, 8, 10], abs=0.1)
    assert list(axes.get_xticks()) == [0, 2, 4, 6, 8, 10]


def test_an_interval_of_two_seeds_does_not_flatten_the_lines():
    runs, done = results("figure5", lambda row: row.method == "vgcl")
    done[runs[0].name] = Result({"mIoU": 90.0}, BLIND)
    (axes,) = FIGURES["figure5"](runs, {name: one for name, one in done.items() if "seed-2" not in name}).axes
    # Means reach from 24 (blind) to 70.5; the interval of 90 and 51 reaches from -177 to 318.
    low, high = axes.get_ylim()
    assert 5 < low < 10
    assert 85 < high < 90


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_runs_give_the_same_bytes_and_none_no_file(name, tmp_path):
    runs, done = results(name, lambda row: row.method in ("base", "vgcl"), wer=5.0)
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    assert all(write_figure(name, runs, done, file) for file in files)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert b"<dc:date>" not in first
    assert not write_figure(name, runs, {}, tmp_path / "c.svg")
    assert not (tmp_path / "c.svg").exists()


def test_tables_have_no_figure(tmp_path):
    runs, done = results("table3", lambda row: row.method == "vgcl")
    assert not write_figure("table3", runs, done, tmp_path / "a.svg")
