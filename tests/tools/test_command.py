"""The console command `svground`."""

import os
import subprocess
import sys

import pytest

from stages.tools.__main__ import commands
from tests.paths import ROOT

INSTALLED = [sys.executable, "-c", "from stages.tools.__main__ import main; main()"]


def svground(folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.run([*INSTALLED, *words], cwd=folder, env=environment, capture_output=True, text=True)


def test_each_folder_with_an_entry_is_a_command():
    folders = {path.parent.name for path in (ROOT / "stages/tools").glob("*/__main__.py")}
    assert set(commands()) == folders | {"say", "example", "latency"}


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_says_what_each_command_does(tmp_path, words):
    said = svground(tmp_path, *words)
    assert said.returncode == 0
    for name in commands():
        assert f"\n  {name} " in said.stdout


def test_an_unknown_command_is_named(tmp_path):
    said = svground(tmp_path, "aks")
    assert said.returncode == 2
    assert said.stderr.startswith("svground: there is no command 'aks'; it has ask, ")


def test_arguments_are_those_of_the_command(tmp_path):
    said = svground(tmp_path, "ask", "--top", "0", "film.mp4", "question.wav")
    assert said.returncode == 2
    assert said.stderr.endswith("svground ask: error: --top: at least 1\n")


@pytest.mark.parametrize("at", [".", ".venv/lib"])
def test_in_a_checkout_its_own_code_runs(tmp_path, at):
    """Also where the installed code lies in a virtual environment inside the checkout."""
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "stages/tools").mkdir(parents=True)
    (tmp_path / "stages/__init__.py").touch()
    (tmp_path / "stages/tools/__init__.py").touch()
    (tmp_path / "stages/tools/__main__.py").write_text("import sys\nprint('the checkout', sys.argv[1:])\n")
    if at != ".":
        (tmp_path / at).mkdir(parents=True)
        (tmp_path / at / "stages").symlink_to(ROOT / "stages")
    path = str(ROOT if at == "." else tmp_path / at)
    run = subprocess.run(
        [*INSTALLED, "ask", "film.mp4"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    assert (run.stdout, run.stderr) == ("the checkout ['ask', 'film.mp4']\n", "")
