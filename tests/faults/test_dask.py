"""A Dask cluster as a user starts it, below the pipeline's own commands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stages.common.artifacts import sha256_of
from tests.faults.processes import finished, start, until
from tests.faults.test_dvc import working_here
from tests.paths import ROOT
from tests.training import worlds

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler and two workers, started elsewhere and without the project in their path."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    cli, quiet = "distributed.cli", "--no-dashboard"
    scheduler = start(f"{cli}.dask_scheduler", "--host", "127.0.0.1", "--port", "0", quiet, PYTHONPATH="")
    line = until(lambda: re.search(r"(tcp://127\.0\.0\.1:\d+)", scheduler.stderr.readline()))
    start(f"{cli}.dask_worker", line[1], "--nworkers", "2", "--nthreads", "1", quiet, PYTHONPATH="")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return scheduler, line[1]


def hashes():
    return {path.name: sha256_of(path) for path in Path("data/esc50").rglob("*") if path.is_file()}


@pytest.mark.fault("the code changed while Dask's workers live", lost="nothing: they import it again")
def test_workers_take_the_code_of_the_run(cluster, seen):
    worlds.params(esc50={"clips_per_fold": 1})
    shutil.copytree(ROOT / "stages", "stages")
    made = {}
    for peak in ("0.95", "0.45"):
        source = Path("stages/esc50/categories.py")
        text = source.read_text()
        assert text.count("uniform(0.3, ") == 1
        source.write_text(re.sub(r"uniform\(0\.3, [\d.]+\)", f"uniform(0.3, {peak})", text))
        for where in ({"SVG_DASK": cluster[1]}, {}):
            finished("stages.esc50", PYTHONPATH=str(Path.cwd()), **where)
            made[peak, bool(where)] = hashes()
    assert made["0.95", True] == made["0.95", False] != made["0.45", False]
    assert made["0.45", True] == made["0.45", False]
    seen("the next run has the bytes of the new code, as without a cluster")


@pytest.mark.fault("kill -9 of the Dask scheduler while a stage works", lost="the shards at work")
def test_a_scheduler_that_is_killed_ends_the_stage_in_one_line(cluster, seen):
    worlds.params(esc50={"clips_per_fold": 40})
    scheduler, address = cluster
    run = start("stages.esc50", SVG_DASK=address)
    until(lambda: list(Path(".checkpoints/esc50").glob("*/audio/*.wav")))
    scheduler.kill()
    _, complaints = run.communicate(timeout=60)
    assert run.returncode == 1
    assert complaints.count("\n") == 1, complaints
    assert complaints.startswith(f"error: the Dask scheduler {address} is gone, or has dropped the work")
    seen(complaints)


def test_the_script_of_the_docs_has_slurm_start_the_workers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    worlds.params(esc50={"clips_per_fold": 1})
    script, path = ROOT / "docs/slurm/on_dask.py", f"{ROOT / 'tests/tools/slurm/bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages.esc50"]

    def said(*words, expect=0):
        run = subprocess.run(
            [sys.executable, script, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == expect, run.stderr
        return run.stdout

    job = said("2", "--dry-run")
    assert "#SBATCH --cpus-per-task=4\n" in job
    assert "--nthreads 1" in job
    said("1", *command)
    on_slurm = hashes()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert hashes() == on_slurm
    ending = "import os, sys; print(os.environ['SVG_DASK']); sys.exit(7)"
    assert "\ntcp://" in said("1", sys.executable, "-c", ending, expect=7)
    until(lambda: not working_here(), 30)
