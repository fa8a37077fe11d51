import shutil
import sys

import pytest

from stages.tools.browse import __main__ as room
from tests.tools.browse.world import write_world


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A finished run, made once; tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_world()
    return folder


@pytest.fixture
def run(written, tmp_path, monkeypatch):
    """A copy of the run as the current folder."""
    folder = tmp_path / "run"
    shutil.copytree(written, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SVG_WORKERS", "1")


@pytest.fixture
def browse(run, monkeypatch, capsys):  # noqa: ARG001
    """The command, in that folder; returns what it prints."""

    def call(*words, expect=0):
        monkeypatch.setattr(sys, "argv", ["browse", *words])
        if expect:
            with pytest.raises(SystemExit) as end:
                room.main()
            assert end.value.code == expect
        else:
            room.main()
        said = capsys.readouterr()
        return said.out + said.err

    return call
