"""Ctrl-C, SIGTERM and a second run, as a user sees them: real commands in real processes."""

import signal
from pathlib import Path

import pytest

from tests.acoustic import world as acoustic
from tests.faults.processes import finished, start, until
from tests.mix import noise_world
from tests.training import worlds

pytestmark = pytest.mark.slow


def mixing():
    """A mix that takes some seconds; returns what shows that it is at work."""
    noise_world.write_corpus(960, lambda name: noise_world.utterance(name, 40_000))
    noise_world.write_esc50(Path("esc50"))
    acoustic.params(noise={"esc50": str(Path("esc50").absolute())})
    return ["stages.mix"], ".checkpoints/mixed/*/shard-*.h5"


def grounding():
    """A training that takes minutes."""
    worlds.write_corpus(Path())
    worlds.params(ground={"epochs": 10_000, "patience": 10_000})
    return ["stages.ground", "base"], ".checkpoints/ground/base/*/last.safetensors"


@pytest.fixture
def running(tmp_path, monkeypatch, request):
    """A command at work in the current folder."""
    monkeypatch.chdir(tmp_path)
    command, sign = request.param()
    run = start(*command)
    until(lambda: list(Path().glob(sign)))
    return command, run


@pytest.mark.fault("Ctrl-C or SIGTERM while a stage works", lost="the shard or the steps at work")
@pytest.mark.parametrize("running", [mixing, grounding], indirect=True)
@pytest.mark.parametrize(
    ("how", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "stopped by SIGTERM")],
)
def test_the_user_is_told_how_to_go_on(running, how, code, word, seen):
    _, run = running
    run.send_signal(how)
    _, complaints = run.communicate(timeout=300)
    assert run.returncode == code
    line = complaints.splitlines()[-1]
    assert line == f"{word}: what is finished is kept, the same command goes on from there"
    assert "Traceback" not in complaints
    assert not list(Path().rglob(".*.tmp.*"))
    seen(line)


@pytest.mark.fault(
    "the same command a second time, while the first is at work", lost="nothing: the second is refused"
)
@pytest.mark.parametrize("running", [mixing, grounding], indirect=True)
def test_the_second_run_is_refused_and_told_of_the_first(running, seen):
    command, run = running
    _, complaints = finished(*command, expect=1)
    assert complaints.startswith(f"error: process {run.pid} is ")
    assert complaints.rstrip().endswith("in this folder; wait for it or stop it")
    assert run.poll() is None
    seen(complaints)
