import subprocess
import sys
from pathlib import Path

import dvc.api
import pytest

from stages.tools.sweep import __main__ as room

KEYS = ("R1_IoU0_3", "R1_IoU0_5", "R1_IoU0_7", "mIoU")
SHOWN = {f"metrics/{method}.json:{key}": 50.0 for method in ("base", "cpc") for key in KEYS}


LOST = ["vslnet--seed-0"]


def row(name: str, method: str, state: str | None = None) -> dict[str, object]:
    """As `dvc.api.exp_show` gives it: numbers of all methods, whatever was compared."""
    return {
        "Experiment": name,
        "rev": name[:7],
        "State": state,
        "compare": f"['{method}']",
        **SHOWN,
    }


@pytest.fixture
def sweep(tmp_path, monkeypatch, capsys):
    """The command, on rows that DVC is said to show; returns what it prints, and what it would have run."""
    monkeypatch.chdir(tmp_path)
    command = "git init -q && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m start"
    subprocess.run(command, shell=True, check=True)
    rows, queued = [], []

    def enqueue(runs, done):
        queued.extend(run.name for run in runs if run.name not in done)

    def work_off(runs, _, at_look):
        at_look({run.name: "Running" for run in runs})
        rows.extend(row(run.name, run.row.method) for run in runs if run.name not in LOST)

    monkeypatch.setattr(dvc.api, "exp_show", lambda **_: rows)
    monkeypatch.setattr(room, "enqueue", enqueue)
    monkeypatch.setattr(room, "work_off", work_off)

    def call(*words, expect=0):
        monkeypatch.setattr(sys, "argv", ["sweep", *words])
        if expect:
            with pytest.raises(SystemExit) as end:
                room.main()
            assert end.value.code == expect
        else:
            room.main()
        said = capsys.readouterr()
        return said.out + said.err, queued, rows

    return call


def test_what_is_missing_is_run_and_the_page_written(sweep):
    _, _, rows = sweep("table2", "--at", "HEAD", expect=1)
    rows += [row("base--seed-0", "base"), row("cpc--seed-0", "cpc", "Failed"), row("x", "cpc")]
    said, queued, _ = sweep("table2", "--seeds", "0", "--row", "base", "--row", "cpc")
    assert queued == ["cpc--seed-0"]
    assert "13 runs, 1 of them done" in said
    assert said.index("1 run left, 1 at a time, 330 s each: about 6 minutes (guessed") < said.index("# Table")
    assert "1 minute of wall time, without" in said
    page = Path("reports/table2.md").read_text()
    assert page in said
    assert "| base | 50.0 | 50.0 | 50.0 | 50.0 | 1 | 31.89 |" in page
    assert "| cpc | 50.0 |" in page
    assert "Not run: vqcpc; vgcl; " in page
    assert "vgcl > cpc" not in page
    assert "| cpc > base | undecided | 0.0 |  | +1.94 |" in page


def test_at_a_commit_nothing_is_run(sweep):
    said, queued, rows = sweep("table3", "--at", "HEAD", expect=1)
    assert "nothing of table3 was run on " in said
    short = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout[
        :8
    ]
    assert f"table3 was run on {short};" in said
    # An earlier page is worth more than one without results.
    assert not Path("reports").exists()
    rows += [row("base--seed-1", "base")]
    said, queued, _ = sweep("table2", "--at", "HEAD")
    assert queued == []
    assert "`svground sweep table2 --at HEAD`" in said
    assert "| base | 50.0 |" in said
    assert "Claims" not in said


def test_calls_that_ran_something_add_up_and_others_do_not_count(sweep):
    sweep("table2", "--seeds", "0", "--row", "base")
    sweep("table2", "--seeds", "0", "--row", "cpc")
    said, queued, _ = sweep("table2", "--seeds", "0", "--row", "cpc")
    assert queued == ["base--seed-0", "cpc--seed-0"]
    assert "nothing is left to run" in said
    assert "1 minute of wall time in 2 calls, without" in said
    said, *_ = sweep("table2", "--at", "HEAD")
    assert "in 2 calls" in said
    assert "left" not in said


def test_the_pages_of_figures_show_them(sweep):
    _, _, rows = sweep("table2", "--at", "HEAD", expect=1)
    rows += [row("vgcl--seed-0", "vgcl") | {f"metrics/vgcl.json:{key}": 9.0 for key in KEYS}]
    said, *_ = sweep("figure5", "--seeds", "0", "--at", "HEAD")
    assert "(figure5.svg)" in said
    assert Path("reports/figure5.svg").read_text().startswith("<?xml")
    assert ".svg" not in sweep("table2", "--at", "HEAD")[0]
    assert not Path("reports/table2.svg").exists()


def test_metrics_of_another_version_are_named(sweep):
    _, _, rows = sweep("table2", "--at", "HEAD", expect=1)
    rows += [row("base--seed-0", "base") | {"metrics/base.json:mIoU": None}]
    said, *_ = sweep("table2", "--at", "HEAD", expect=1)
    assert "metrics/base.json of base--seed-0 has no mIoU: another version wrote it; go to its commit" in said


def test_runs_of_another_state_than_the_commits_are_refused(sweep):
    Path("params.yaml").write_text("a: 1")
    command = "git add params.yaml && git -c user.name=a -c user.email=a@b commit -qm params"
    subprocess.run(command, shell=True, check=True)
    Path("params.yaml").write_text("a: 2")
    said, queued, _ = sweep("table2", "--row", "base", expect=1)
    assert "params.yaml differ from the commit" in said
    assert queued == []


def test_a_run_that_failed_is_named(sweep):
    said, _, _ = sweep("table2", "--seeds", "0", "--row", "vslnet", "--row", "base", expect=1)
    assert "error: 1 of 2 runs did not end well, e.g. vslnet--seed-0: `dvc queue logs vslnet--seed-0`" in said
    assert "| base | 50.0 |" in Path("reports/table2.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["table2", "--seeds", "0,0"], "'0,0' is no list of different seeds"),
        (["table2", "--seeds", "zero"], "'zero' is no list of different seeds"),
        (["table9"], "invalid choice: 'table9'"),
        (["table2", "--row", "bose"], "--row 'bose': this table has the rows base; "),
        (["table2", "--at", "nowhere"], "git knows no commit 'nowhere'"),
        (["table2", "--at", ""], "git knows no commit ''"),
        (["table2", "--at", "HEAD", "--row", "base"], "not allowed with argument"),
        (["table2", "--jobs", "0"], "'0' is no number of runs"),
    ],
)
def test_wrong_words_are_refused_before_anything_runs(sweep, words, message):
    said, queued, _ = sweep(*words, expect=1 if "this table" in message or "git" in message else 2)
    assert message in said
    assert queued == []
