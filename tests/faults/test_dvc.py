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

from tests.faults.processes import start, until
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
