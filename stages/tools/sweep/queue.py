"""Runs through DVC's queue: what is done is not done again, what waits or works is waited for."""

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

import psutil
from dvc.repo import Repo
from tqdm import tqdm

from stages.common.errors import UserError
from stages.tools.sweep.runs import Run
from stages.tools.unlock.mend import mend

_LOOK_EVERY = 10.0  # seconds
# DVC's workers are started again when one is lost, but not for ever.
_STARTS = 3
_WORKERS = Path(".dvc/tmp/exps/celery")


def states() -> dict[str, str]:
    """Queued, Running, Failed or Success by name of the run; of several tries the one at hand."""
    with Repo() as repo:
        tasks = repo.experiments.celery_queue.status()
    order = ["Failed", "Success", "Queued", "Running"]
    ranked = sorted((task for task in tasks if task["name"]), key=lambda task: order.index(task["status"]))
    return {task["name"]: task["status"] for task in ranked}


def enqueue(runs: Sequence[Run], known: set[str]) -> None:
    """Queue what is neither finished (`known`) nor on its way."""
    mend()
    found = states()
    running = {run.name for run in runs if found.get(run.name) == "Running"}
    waiting = {run.name for run in runs if found.get(run.name) == "Queued"}
    if running and not _workers():
        # Their workers went down, and DVC believes that they still run: this makes them failed runs.
        _dvc("queue", "kill", *sorted(running))
        # A run whose first try was killed may have ended well since.
        running = {name for name, state in states().items() if name in running and state == "Success"}
    wanted = [run for run in runs if run.name not in known | running | waiting]
    for run in tqdm(wanted, desc="queue", unit="run", disable=None):
        _dvc("exp", "run", "--queue", "-n", run.name, *(word for o in run.overrides for word in ("-S", o)))


def work_off(runs: Sequence[Run], jobs: int, at_look: Callable[[Mapping[str, str]], None]) -> None:
    """Run what is queued, `jobs` at a time, until nothing of it waits; `at_look` is told the states.

    Workers that die are started again. What one had in hand is queued anew when no worker is left.
    """
    names = {run.name for run in runs}
    starts = done = 0
    with tqdm(total=len(names), desc="sweep", unit="run", disable=None, smoothing=0) as bar:
        while True:
            found = {name: state for name, state in states().items() if name in names}
            at_look(found)
            left = [name for name, state in found.items() if state in ("Queued", "Running")]
            starts, done = (starts, done) if done == len(names) - len(left) else (0, len(names) - len(left))
            bar.update(done - bar.n)
            if not left:
                return
            if (alive := _workers()) < min(jobs, len(left)):
                if starts == _STARTS:
                    raise UserError(
                        f"{len(left)} runs wait and DVC's workers end; `dvc queue start -v` says why, and "
                        f"the end of {_WORKERS}/dvc-exp-worker-1.out"
                    )
                if not alive:
                    # Asked again: what the last worker has ended since is no loss.
                    now = states()
                    enqueue([run for run in runs if now.get(run.name) == "Running"], set())
                _dvc("queue", "start", "-j", str(jobs))
                starts += 1
            time.sleep(_LOOK_EVERY)


def _workers() -> int:
    """DVC's workers that live, by the pid that each has written down.

    `dvc queue status` asks them instead, through files that a worker may read before they are written: it
    dies of that (https://github.com/celery/kombu/issues/1551).
    """
    return sum(_is_worker(path) for path in _WORKERS.glob("dvc-exp-worker-*.pid"))


def _is_worker(pidfile: Path) -> bool:
    try:
        process = psutil.Process(int(pidfile.read_text()))
        return process.status() != psutil.STATUS_ZOMBIE and "queue-worker" in process.cmdline()
    except (ValueError, OSError, psutil.Error):
        return False


def _dvc(*words: str) -> None:
    if shutil.which("dvc") is None:
        raise UserError("there is no `dvc` in PATH, where its queue looks for it; activate the environment")
    # Into a file: a pipe would stay open, and be waited for, as long as a worker lives that DVC has started.
    with TemporaryFile("w+") as said:
        run = subprocess.run(["dvc", *words], stdout=said, stderr=subprocess.STDOUT, check=False)
        said.seek(0)
        lines = [line for line in said.read().strip().splitlines() if line] or ["it said nothing"]
    if run.returncode:
        fault = next((line for line in lines if "ERROR" in line), lines[0])
        raise UserError(f"`dvc {' '.join(words)}` ended with {run.returncode}: {fault}")
