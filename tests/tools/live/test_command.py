"""`svground live` as a user types it."""

import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from stages.tools.live.__main__ import main
from tests.paths import ROOT
from tests.tools.live.world import Client


def refused(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["live", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err.strip().splitlines()[-1]


def test_a_wrong_command_ends_before_any_work(monkeypatch, capsys):
    assert refused(monkeypatch, capsys, "--port", "70000")[0] == 2
    code, line = refused(monkeypatch, capsys, "--video-mb", "0")
    assert (code, line) == (2, "svground live: error: limits are above 0")


@pytest.mark.e2e
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_ended_and_leaves_nothing(project, tmp_path, files, ending):
    given = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "stages.tools.live", "--port", "0", "--methods", "base"]
    with subprocess.Popen(command, cwd=project, env=given, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "base; 1 demo videos\n"
        port = int(re.search(r"open http://127\.0\.0\.1:(\d+)/ in a browser", running.stdout.readline())[1])
        client = Client(SimpleNamespace(port=port))
        assert client.upload("videos", files / "mute.mp4").status == 200
        assert len(list(tmp_path.glob("live-*/*/*"))) == 1
        running.send_signal(ending)
        assert running.wait(20) == 0
    assert not list(tmp_path.glob("live-*"))
