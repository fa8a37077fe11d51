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
    assert [one.settings["training_seed"] for one in found.experiments] == [9, 0, 1, 2, 0]
    sources = ["workspace", "commit main", *["experiments"] * 3]
    assert [one.source for one in found.experiments] == sources
    # A method that was not compared shows the numbers of the commit before.
    assert found.experiments[-1].results.keys() == {"base", "blind"}


def test_methods_of_two_runs_with_the_same_settings_meet_in_one_row():
    parts = [
        row("a", state="Success", compare="[base]", base=50.0, blind=24.0),
        row("b", state="Success", compare="[text]", text=80.0),
    ]
    (one,) = read_experiments(parts, "mIoU").experiments
    assert set(one.results) == {"base", "text", "blind"}


def test_metrics_of_another_version_are_named_and_left_out():
    rows = [
        row("good", state="Success", base=50.0, text=80.0),
        row("old", state="Success", seed=1, compare="[base]", base=None) | {"metrics/base.json:R1": 40.0},
        # DVC's sign for a file that it can't read.
        row("unread", state="Success", seed=2, compare="[base]", base="!"),
        row("half", state="Success", seed=3, base=51.0),
        row("never run", state="Success", seed=4) | {"metrics/stages/ground-base.json:dev_mIoU": None},
    ]
    found = read_experiments(rows, "mIoU")
    assert found.lacking == [
        ("metrics/base.json", "old"), ("metrics/base.json", "unread"), ("metrics/text.json", "half"),
    ]  # fmt: skip
    assert [set(one.results) for one in found.experiments] == [{"base", "text"}, {"base"}]
    ((label, cells),) = summarise(found.experiments, "mIoU").rows
    assert (label, [cell.seeds for cell in cells[:-1]]) == (("experiments",), [2, 1])


def test_ones_own_run_comes_first_and_the_commit_is_no_seed_of_the_experiments():
    mine = row("workspace", base=51.0, text=79.0, blind=24.0)
    rows = summarise(read_experiments([mine, *ROWS[1:]], "mIoU").experiments, "mIoU").rows
    assert [label for label, _ in rows] == [
        ("workspace", "normal"), ("commit main", "normal"),
        ("experiments", "large"), ("experiments", "normal"),
    ]  # fmt: skip
    assert [cells[0].seeds for _, cells in rows] == [1, 1, 1, 2]
    assert rows[0][1][0].mean == 51.0


def test_a_workspace_that_is_as_committed_is_one_row():
    same = row("workspace", base=50.0, text=80.0, blind=24.0)
    experiments = read_experiments([same, *ROWS[1:]], "mIoU").experiments
    assert [one.source for one in experiments] == ["workspace = commit main", *["experiments"] * 3]


def test_a_workspace_without_a_commits_results_is_reported():
    (one,) = read_experiments(
        [row("workspace", base=50.0, text=80.0, blind=24.0), row("main")], "mIoU"
    ).experiments
    assert one.source == "workspace"
