"""DVC itself is stopped, or its cache damaged: real `dvc repro` of small pipelines."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml
from dvc.lock import make_lock

from stages.tools.sweep import queue
from stages.tools.sweep.plans import Row
from stages.tools.sweep.runs import Run
from tests.faults.processes import finished, start, until
from tests.mix import noise_world
from tests.training import worlds

pytestmark = pytest.mark.slow
MIX = {
    "cmd": "python -m stages.mix",
    "params": ["seed", "noise"],
    "deps": ["data/corpus"],
    "outs": ["data/mixed"],
    "plots": [{"metrics/stages/mix.json": {"cache": False}}],
}
CORPUS = {
    "cmd": "mkdir -p data/corpus && cp queries.parquet data/corpus/",
    "deps": ["queries.parquet"],
    "outs": ["data/corpus/queries.parquet"],
}
BLIND = {
    "cmd": "python -m stages.blind",
    "params": ["seed", "evaluate"],
    "deps": ["data/corpus/queries.parquet"],
    "metrics": [{"metrics/blind.json": {"cache": False}}],
    "plots": [{"metrics/stages/blind.json": {"cache": False}}],
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder under DVC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    dvc("init", "-q", "--no-scm")
    dvc("config", "cache.type", "hardlink,copy")
    return tmp_path


def dvc(*arguments, expect=0):
    run = start("dvc", *arguments, DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=os.environ["DVC_SITE_CACHE_DIR"])
    said, complaints = run.communicate(timeout=180)
    assert run.returncode == expect, said + complaints
    return said + complaints


def stages(**content):
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": content}))


def working_here():
    """The processes whose folder this is, but for this one."""
    here = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(Path.cwd()) and process.pid != os.getpid():
                here.append(process)
        except (psutil.Error, OSError):
            continue
    return here


@pytest.mark.fault(
    "SIGTERM or kill -9 of `dvc repro` while a stage works with two workers", lost="the shards at work"
)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_dvc_leaves_no_orphan_and_no_half_artifact(project, how, seen):
    noise_world.write_corpus(960, lambda name: noise_world.utterance(name, 40_000))
    noise_world.write_esc50(Path("esc50"))
    worlds.params(noise={"esc50": str(project / "esc50")})
    stages(mix=MIX)
    run = start("dvc", "repro", SVG_WORKERS="2")
    until(lambda: list(Path(".checkpoints/mixed").glob("*/shard-*.h5")))
    assert len(working_here()) >= 3
    run.send_signal(how)
    run.communicate(timeout=60)
    until(lambda: not working_here(), 30)
    finished_shards = list(Path(".checkpoints/mixed").glob("*/shard-*.h5"))
    assert 0 < len(finished_shards) < 16
    made_at = {path: path.stat().st_mtime_ns for path in finished_shards}
    assert not Path("data/mixed").exists()
    assert not Path("metrics").exists()
    assert not Path("dvc.lock").exists()
    dvc("repro", "-q")
    assert all(Path("data/mixed", path.name).stat().st_mtime_ns == at for path, at in made_at.items())
    assert sorted(path.suffix for path in Path("data/mixed").iterdir()) == [".h5"] * 16 + [
        ".json",
        ".parquet",
    ]
    seen(
        "the stage and its workers end too, neither data/mixed nor metrics nor dvc.lock is there; the same "
        f"command goes on from {len(made_at)} of 16 shards"
    )


def flip(path):
    """One bit, with the time and the mode as they were: so DVC takes the file for whole."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.fault("one bit of a file in DVC's cache flipped", lost="nothing: its stage makes it again")
def test_a_damaged_file_of_the_cache_is_not_worked_with(project, seen):
    worlds.write_corpus(project)
    worlds.params()
    shutil.move("data/corpus/queries.parquet", "queries.parquet")
    stages(corpus=CORPUS, blind=BLIND)
    dvc("repro", "-q")
    table, metrics = Path("data/corpus/queries.parquet"), Path("metrics/blind.json")
    whole = table.read_bytes()
    flip(table)
    assert "up to date" in dvc("status")
    worlds.params(seed=7)
    said = dvc("repro", expect=255)
    line = next(line for line in said.splitlines() if line.startswith("error: "))
    assert line.startswith(f"error: {table} is damaged: its md5 is ")
    # What it says is to be done, is done.
    cure = re.search(r"`(.*?)` \(or", line)[1]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(cure, shell=True, check=True, executable="/bin/bash", env={**os.environ, "PATH": path})
    assert table.read_bytes() == whole
    metrics.unlink(missing_ok=True)
    dvc("repro", "-q")
    assert metrics.exists()
    # What its stage makes otherwise is no damage, in the same run.
    worlds.write_corpus(project / "other", seed=1, splits={"train": 8, "dev": 4, "test": 6})
    shutil.move("other/data/corpus/queries.parquet", "queries.parquet")
    assert "python -m stages.blind" in dvc("repro")
    assert table.read_bytes() != whole
    seen(line)


@pytest.mark.fault("a file that DVC has made is deleted by hand", lost="nothing: it comes from DVC's cache")
def test_a_deleted_file_comes_back(project, seen):
    worlds.write_corpus(project)
    worlds.params()
    shutil.move("data/corpus/queries.parquet", "queries.parquet")
    stages(corpus=CORPUS, blind=BLIND)
    dvc("repro", "-q")
    table = Path("data/corpus/queries.parquet")
    whole = table.read_bytes()
    table.unlink()
    said = dvc("repro")
    assert table.read_bytes() == whole
    assert "python -m stages.blind" not in said
    seen("`dvc repro` brings it back, and runs nothing that depends on it")


# DVC, ended in the moment in which its list of locks is empty.
ENDED_AS_IT_LOCKS = """
import os, sys
import dvc.rwlock
from dvc.cli import main
dvc.rwlock.json.dump = lambda *_: os.kill(os.getpid(), int(sys.argv[1]))
main(["repro"])
"""


@pytest.mark.fault(
    "SIGTERM or kill -9 of `dvc repro` as it writes its list of locks",
    lost="nothing, after `svground unlock`; `make repro` begins with it",
)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_list_of_locks_that_is_lost_is_mended(project, how, seen):
    worlds.write_corpus(project)
    worlds.params()
    stages(blind=BLIND)
    ended = subprocess.run([sys.executable, "-c", ENDED_AS_IT_LOCKS, str(int(how))], check=False)
    assert ended.returncode == -how
    assert Path(".dvc/tmp/rwlock").read_bytes() == b""
    assert "JSON structure is corrupted" in dvc("repro", expect=255)
    said, _ = finished("stages.tools", "unlock")
    assert said == ".dvc/tmp/rwlock was damaged, as a killed DVC leaves it: removed\n"
    dvc("repro", "-q")
    assert Path("metrics/blind.json").exists()
    # A whole list stays.
    assert Path(".dvc/tmp/rwlock").exists()
    assert finished("stages.tools", "unlock")[0] == ""
    assert Path(".dvc/tmp/rwlock").exists()
    seen("`svground unlock` removes the empty list, and the same command goes on")


def test_a_list_that_another_dvc_writes_is_left_to_it(project):
    folder = project / ".dvc/tmp"
    folder.joinpath("rwlock").touch()
    with make_lock(str(folder / "rwlock.lock")):
        _, complaints = finished("stages.tools", "unlock", expect=1)
    assert "another DVC process is at work on it" in complaints
    assert folder.joinpath("rwlock").exists()


# As many settings as a run of a sweep has; the first try is slow enough to be killed.
SLEEPY = """
import json, pathlib, sys, time
started = pathlib.Path(sys.argv[1])
first = not started.exists()
started.touch()
time.sleep(300 if first else 0)
pathlib.Path("metrics.json").write_text("{}")
"""


@pytest.mark.fault(
    "kill -9 of a worker of DVC's queue while it runs an experiment", lost="that experiment's work"
)
def test_a_sweep_outlives_its_workers(project, monkeypatch, seen):
    for words in ("init -q", "config user.name a", "config user.email a@example.org"):
        subprocess.run(["git", *words.split()], check=True)
    Path(".dvc/config").write_text("[core]\n  analytics = false\n")
    worlds.params()
    Path("sleepy.py").write_text(SLEEPY)
    stages(
        work={
            "cmd": f"{sys.executable} sleepy.py {project / 'started'}",
            "params": ["training_seed"],
            "metrics": [{"metrics.json": {"cache": False}}],
        }
    )
    Path(".gitignore").write_text("/site-cache\n/started\n")
    subprocess.run("git add -A && git commit -qm start", shell=True, check=True)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setattr(queue, "_LOOK_EVERY", 1.0)
    runs = [Run("one", Row("one", "base", ()), 7)]
    killed = []

    def at_look(_):
        if not killed and Path("started").exists():
            assert queue._workers() == 1
            pid = int((queue._WORKERS / "dvc-exp-worker-1.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    queue.enqueue(runs, set())
    queue.work_off(runs, 1, at_look)
    assert killed
    assert queue.states() == {"one": "Success"}
    seen("the sweep starts another worker and queues the experiment anew; it ends well")
