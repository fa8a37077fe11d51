import subprocess

import dvc.exceptions
import pytest

from stages.tools.report import __main__ as room
from tests.tools.report.rows import ROWS

COMMIT = "git init -q && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m start"


@pytest.fixture
def report(tmp_path, monkeypatch, capsys):
    """The command in a folder of its own, on rows that DVC is said to show; returns stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words, rows=ROWS, before=COMMIT, expect=0):
        subprocess.run(before, shell=True, check=True)

        def show(**_):
            if isinstance(rows, Exception):
                raise rows
            return rows

        monkeypatch.setattr("dvc.api.exp_show", show)
        monkeypatch.setattr("sys.argv", ["report", *words])
        if expect:
            with pytest.raises(SystemExit) as end:
                room.main()
            assert end.value.code == expect
        else:
            room.main()
        return capsys.readouterr()

    return call


def test_the_table_is_alone_on_stdout_and_what_is_left_out_on_stderr(report):
    said = report("--format", "csv")
    assert said.out.startswith("run,noise.level,method,")
    assert "left out, as they failed: broken; `dvc queue logs NAME` says why" in said.err


def test_a_file_is_written_whole_in_place_of_the_print(report, tmp_path):
    assert report("--format", "latex", "--out", "tables/noise.tex").out == ""
    text = (tmp_path / "tables/noise.tex").read_text()
    assert text.endswith("\\end{tabular}\n")
    said = report("--out", "tables", expect=1)
    assert "error: --out tables can't be written (Is a directory)" in said.err
    assert list(tmp_path.glob(".tables*")) == []


@pytest.mark.parametrize(
    ("rows", "before", "message"),
    [
        (
            ROWS[4:5],
            COMMIT,
            "there are no results in the workspace, on this commit or in its experiments; run `dvc repro`",
        ),
        (ROWS, "true", "there is no git repository here, and experiments are kept as commits; run this in"),
        (ROWS, "git init -q", "has no commit yet, and experiments need one to start from; run `git add -A`"),
        (dvc.exceptions.NotDvcRepoError("no"), COMMIT, "no DVC project here; run this where dvc.yaml is"),
        (dvc.exceptions.DvcException("odd"), COMMIT, "DVC can't list the experiments: odd"),
    ],
)
def test_what_can_not_be_reported_is_said_in_one_line(report, rows, before, message):
    said = report(rows=rows, before=before, expect=1)
    (line,) = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert message in line
    assert said.out == ""


def test_files_without_the_metric_are_named(report):
    said = report("--metric", "R1_IoU0_5", expect=1)
    assert (
        "left out, without R1_IoU0_5: metrics/base.json of workspace, metrics/text.json of workspace, "
        in said.err
    )
    assert "error: there are no results" in said.err


def test_a_number_of_commits_that_is_none_is_refused(report):
    assert "--commits: 0 is no number of commits" in report("--commits", "0", expect=2).err


def test_the_help_fits_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", ["report", "--help"])
    with pytest.raises(SystemExit):
        room.main()
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
