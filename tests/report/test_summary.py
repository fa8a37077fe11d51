import pytest

from stages.report import __main__ as room
from stages.report.experiments import read_experiments
from stages.report.summary import markdown, over_seeds, summarise


def row(name, *, state=None, seed=0, level="normal", compare="[base, text]", **miou):
    return {
        "Experiment": name, "rev": name, "State": state, "Created": "today", "compare": compare,
        "training_seed": seed, "noise.level": level, "machine.processes": 2, "data/mels": "abc",
        **{f"metrics/{method}.json:mIoU": value for method, value in miou.items()},
        "metrics/stages/ground-base.json:dev_mIoU": 99.0,
    }  # fmt: skip


ROWS = [
    row("workspace", seed=9, base=1.0, text=1.0, blind=1.0),
    row("main", base=50.0, text=80.0, blind=24.0),
    row("one", state="Success", seed=1, base=53.0, text=82.0, blind=24.0),
    row("two", state="Success", seed=2, base=56.0, text=81.0, blind=24.0),
    row("broken", state="Failed", seed=3, base=0.0, text=0.0, blind=0.0),
    row("waiting", state="Queued", seed=4, base=0.0, text=0.0, blind=0.0),
    row("loud", state="Success", level="large", compare="[base]", base=40.0, text=80.0, blind=24.0),
]


def test_the_mean_and_the_interval_of_a_hand_worked_sample():
    # Deviation 3, three seeds: 4.303 · 3 / √3.
    cell = over_seeds([50.0, 53.0, 56.0])
    assert (cell.mean, cell.seeds) == (53.0, 3)
    assert cell.half == pytest.approx(7.4530, abs=1e-4)
    assert over_seeds([50.0]).half is None
    # 31 degrees of freedom: about the normal's.
    assert over_seeds([0.0, 1.0] * 16).half == pytest.approx(1.960 * 0.50800 / 32**0.5, rel=1e-3)


def test_what_failed_waits_or_repeats_is_no_result():
    found = read_experiments([*ROWS, row("again", state="Success", seed=2, base=56.0, text=81.0, blind=24.0)])
    assert found.failed == ["broken"]
    assert [one.settings["training_seed"] for one in found.experiments] == [0, 1, 2, 0]
    # A method that was not compared shows the numbers of the commit before.
    assert found.experiments[-1].results.keys() == {"base", "blind"}


def test_a_row_per_setting_that_differs_and_a_column_per_method():
    assert markdown(summarise(read_experiments(ROWS).experiments, "mIoU"), "mIoU").splitlines()[:4] == [
        "| noise.level | base | text | blind | seeds |",
        "|---|---:|---:|---:|---:|",
        "| large | 40.0 |  | 24.0 | 1 |",
        "| normal | 53.0 ± 7.5 | **81.0 ± 2.5** | 24.0 | 3 |",
    ]


def test_methods_of_two_runs_with_the_same_settings_meet_in_one_row():
    parts = [row("a", compare="[base]", base=50.0, blind=24.0), row("b", compare="[text]", text=80.0)]
    (one,) = read_experiments(parts).experiments
    assert set(one.results) == {"base", "text", "blind"}


def test_without_experiments_it_says_what_to_run(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["report"])
    monkeypatch.setattr("dvc.api.exp_show", lambda **_: ROWS[4:5])
    with pytest.raises(SystemExit):
        room.main()
    printed = capsys.readouterr()
    assert "broken" in printed.out
    assert "dvc exp run --queue" in printed.err


def test_a_number_of_commits_that_is_none_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["report", "--commits", "0"])
    with pytest.raises(SystemExit):
        room.main()
    assert "--commits: 0 is no number of commits" in capsys.readouterr().err
