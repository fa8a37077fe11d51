"""Processes that train together: what the user sees when one of them is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from stages.training import checkpoints
from tests.paths import ROOT
from tests.training.worlds import params, write_corpus

SLOW = {"epochs": 10_000, "patience": 10_000}


STARTED: list[psutil.Popen] = []


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path)
    yield tmp_path
    # A run that a test has given up on would train on for hours, and make the next tests late.
    for run in STARTED:
        if run.is_running():
            for process in (*run.children(recursive=True), run):
                process.kill()
    STARTED.clear()


def start(*launcher, **extra):
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **extra,
    }  # fmt: skip
    command = [sys.executable, "-m", *launcher, "stages.ground", "base"]
    run = psutil.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    STARTED.append(run)
    return run


def until(condition, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def helpers_of(run):
    """The helpers, once training goes on."""
    until(lambda: list(Path().glob(".checkpoints/ground/base/*/last.safetensors")))
    children = psutil.Process(run.pid).children()
    return [child for child in children if "spawn_main" in str(child.cmdline())]


@pytest.mark.usefixtures("world")
def test_two_processes_learn_what_one_learns():
    weights = []
    for processes in (1, 2):
        params(machine={"processes": processes}, ground={"lr": 1e-4}, networks={"base": {"dropout": 0.0}})
        run = start()
        said, complaints = run.communicate(timeout=120)
        assert run.returncode == 0, complaints
        # One process alone speaks.
        assert said.count("dev mIoU") == 1
        weights.append(checkpoints.load(Path("models/base/grounding.safetensors"), "")[0])
    for key, expected in weights[0].items():
        torch.testing.assert_close(weights[1][key], expected, atol=2e-3, rtol=2e-2)


@pytest.mark.slow
@pytest.mark.usefixtures("world")
def test_processes_of_torchrun_learn_what_helpers_learn_to_the_last_bit():
    params(machine={"processes": 2})
    torchrun = ("torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m")
    weights = []
    for launcher in ((), torchrun):
        run = start(*launcher)
        said, complaints = run.communicate(timeout=120)
        assert run.returncode == 0, complaints
        assert said.count("dev mIoU") == 1
        weights.append(Path("models/base/grounding.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.fault(
    "kill -9 of one of the processes that train together", lost="the steps since the last checkpoint"
)
@pytest.mark.usefixtures("world")
def test_a_helper_that_is_killed_ends_the_run_with_a_word_and_the_run_goes_on_later(seen):
    params(machine={"processes": 2}, ground=SLOW)
    run = start()
    (helper,) = helpers_of(run)
    helper.kill()
    _, complaints = run.communicate(timeout=300)
    assert run.returncode == 1
    (said,) = [line for line in complaints.splitlines() if "which trained along" in line]
    assert f"process {helper.pid}, which trained along, ended with code -9" in said
    assert "Traceback" not in complaints
    again = start()
    assert until(lambda: psutil.Process(again.pid).children())
    assert until(lambda: "resumed from" in again.stdout.readline())
    seen(said)
    again.kill()
    again.communicate()


@pytest.mark.fault(
    "kill -9 or SIGTERM of a training with helpers", lost="the steps since the last checkpoint"
)
@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_helpers_do_not_outlive_the_run(how, seen):
    params(machine={"processes": 2}, ground=SLOW)
    run = start()
    (helper,) = helpers_of(run)
    run.send_signal(how)
    run.communicate(timeout=300)
    until(lambda: not helper.is_running())
    seen("its helpers are gone too")


@pytest.mark.fault("a helper that can't start", lost="nothing")
@pytest.mark.usefixtures("world")
def test_a_helper_that_cannot_start_is_not_waited_for(seen):
    params(machine={"processes": 2})
    # A module of this name ends the helper, and only it, as soon as it is imported.
    Path("sitecustomize.py").write_text(
        "import os, sys\nif 'spawn_main' in str(sys.orig_argv): sys.exit('no luck today')\n"
    )
    run = start(PYTHONPATH=f".{os.pathsep}{ROOT}")
    _, complaints = run.communicate(timeout=300)
    assert run.returncode == 1
    assert "no luck today" in complaints
    assert "which trained along, ended with code 1: it could not start, see above" in complaints
    seen(complaints.splitlines()[-1])
