"""The pipeline's commands in processes of their own, to be killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.paths import ROOT

# Ended after each test, whatever has become of it.
STARTED = []


def start(*command, **extra):
    """`python -m …` in the current folder; what it prints can be read."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DVC", "PYTEST"))},
        "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "SVG_WORKERS": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **extra,
    }  # fmt: skip
    run = subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        # A shell's background job, such as these tests may be, hands down that Ctrl-C is not heard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    STARTED.append(run)
    return run


def finished(*command, expect=0, **extra):
    """Both streams of a command that ends as expected."""
    run = start(*command, **extra)
    said, complaints = run.communicate(timeout=500)
    assert run.returncode == expect, f"{command}: {run.returncode}\n{said[-2000:]}\n{complaints[-2000:]}"
    assert "Traceback" not in complaints, complaints
    return said, complaints


def until(condition, seconds=300):
    """Wait for a condition; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.005)
    raise AssertionError("waited in vain")
