import pytest

from stages.tools.report.experiments import read_experiments
from stages.tools.report.summary import over_seeds, summarise
from tests.tools.report.rows import ROWS, row


def test_the_mean_and_the_interval_of_a_hand_worked_sample():
    # Deviation 3, three seeds: 4.303 · 3 / √3.
    cell = over_seeds([50.0, 53.0, 56.0])
    assert (cell.mean, cell.seeds) == (53.0, 3)
    assert cell.half == pytest.approx(7.4530, abs=1e-4)
    assert over_seeds([50.0]).half is None
    # 31 degrees of freedom: about the normal's.
    assert over_seeds([0.0, 1.0] * 16).half == pytest.approx(1.960 * 0.50800 / 32**0.5, rel=1e-3)


def test_what_failed_waits_or_repeats_is_no_result():
    found = read_experiments(
        [*ROWS, row("again", state="Success", seed=2, base=56.0, text=81.0, blind=24.0)], "mIoU"
    )
    assert found.failed == ["broken"]
    assert [one.settings["training_seed"] for one in found.experiments] == [0, 1, 2, 0]
    # A method that was not compared shows the numbers of the commit before.
    assert found.experiments[-1].results.keys() == {"base", "blind"}


def test_methods_of_two_runs_with_the_same_settings_meet_in_one_row():
    parts = [row("a", compare="[base]", base=50.0, blind=24.0), row("b", compare="[text]", text=80.0)]
    (one,) = read_experiments(parts, "mIoU").experiments
    assert set(one.results) == {"base", "text", "blind"}


def test_metrics_of_another_version_are_named_and_left_out():
    rows = [
        row("good", base=50.0, text=80.0),
        row("old", seed=1, compare="[base]", base=None) | {"metrics/base.json:R1": 40.0},
        # DVC's sign for a file that it can't read.
        row("unread", seed=2, compare="[base]", base="!"),
        row("half", seed=3, base=51.0),
        row("never run", seed=4) | {"metrics/stages/ground-base.json:dev_mIoU": None},
    ]
    found = read_experiments(rows, "mIoU")
    assert found.lacking == [
        ("metrics/base.json", "old"), ("metrics/base.json", "unread"), ("metrics/text.json", "half"),
    ]  # fmt: skip
    assert [set(one.results) for one in found.experiments] == [{"base", "text"}, {"base"}]
    ((label, cells),) = summarise(found.experiments, "mIoU").rows
    assert (label, [cell.seeds for cell in cells[:-1]]) == ((), [2, 1])
