"""Tasks on a Dask cluster of real processes: the bytes, what is lost, what the user is told."""

import gc
import os
import re
import sys
import warnings
from pathlib import Path

import distributed
import pandas as pd
import pytest
from dask import config

from stages.common import dask_cluster, dask_worker
from stages.common.artifacts import resumable_folder, sha256_of
from stages.common.building import build_shards
from stages.common.errors import DataError, UserError
from stages.common.parallel import one_process, run_tasks
from stages.mels import __main__ as mels
from stages.mix import __main__ as mix
from stages.transcripts import __main__ as transcripts
from tests.common.on_workers import array_of, die_always, refuse, where
from tests.mix.noise_world import params, write_corpus, write_esc50
from tests.transcripts import world as spoken


def cluster_of(workers):
    """Worker processes on localhost, which know nothing of the project."""
    with warnings.catch_warnings(), config.set({"distributed.scheduler.allowed-failures": 1}):
        warnings.simplefilter("ignore")
        return distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None
        )


@pytest.fixture(scope="module")
def cluster():
    with cluster_of(2) as cluster:
        yield cluster


@pytest.fixture
def world(tmp_path, monkeypatch, cluster):
    """An empty folder whose tasks go to the cluster."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_DASK", cluster.scheduler_address)
    return tmp_path


def run(function, count=1):
    return run_tasks(function, [(number,) for number in range(count)], "test", "task", count)


def test_results_come_in_the_order_of_the_tasks_from_all_workers(world):
    results = run(where, 20)
    assert [number for number, _, _ in results] == list(range(20))
    assert len({process for _, process, _ in results} - {os.getpid()}) == 2
    assert {folder for _, _, folder in results} == {str(world)}
    assert list(Path(".checkpoints").iterdir()) == []
    with one_process():
        assert run(where) == [(0, os.getpid(), str(world))]


def hashes(folder):
    return {path.relative_to(folder): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def test_a_cluster_does_not_change_a_byte_of_mix_and_mels(world, monkeypatch):
    given = params(esc50=str(write_esc50(world / "esc50")))
    monkeypatch.setattr(mels, "load_params", lambda: given)
    write_corpus(120)

    def made():
        mix.mix_all(given)
        mels.main()
        return hashes(world / "data/mixed"), hashes(world / "data/mels")

    on_cluster = made()
    monkeypatch.delenv("SVG_DASK")
    monkeypatch.setenv("SVG_WORKERS", "0")
    assert made() == on_cluster
    assert [len(files) for files in on_cluster] == [5, 4]


def test_a_recogniser_that_leaks_has_its_short_lives_there_too(world, monkeypatch):
    # Dask's workers may have no children of their own.
    monkeypatch.setattr(transcripts, "chosen_engine", lambda _: spoken.Engine(queries_per_process=30))
    spoken.write_corpus(60, samples=2000)
    transcripts.transcribe(params().asr)
    table = pd.read_parquet(world / "data/transcripts/transcripts.parquet")
    assert table["text"].tolist() == [spoken.UNDERSTOOD[number % 4] for number in range(60)]
    # By the process that heard them: of a shard of 50 and one of 10.
    assert sorted(table["confidence"].value_counts()) == [10, 20, 30]


@pytest.mark.fault(
    "kill -9 of a Dask worker in the middle of writing a shard", lost="nothing: another does it again"
)
def test_what_a_killed_worker_had_in_hand_is_done_again(world, monkeypatch, seen):
    names = {f"id-{number:04d}": f"id-{number:04d}" for number in range(120)}
    with resumable_folder(world / "killed-once", "key") as folder:
        assert build_shards(folder, names, array_of, "float32", "clip") == {}
    assert Path("half").read_text().endswith(".tmp.h5")
    monkeypatch.delenv("SVG_DASK")
    build_shards(world / "undisturbed", names, array_of, "float32", "clip")
    assert hashes(world / "killed-once") == hashes(world / "undisturbed")
    seen("the shard was written by another worker, the half file is gone, and the bytes are the same")


@pytest.mark.fault("a task that kills every Dask worker that takes it", lost="that shard")
@pytest.mark.usefixtures("world")
def test_a_task_that_kills_again_and_again_ends_the_run():
    with pytest.raises(UserError, match=r"a task of test ended 2 workers of tcp.*run the same command again"):
        run(die_always)


@pytest.mark.usefixtures("world")
def test_an_error_of_a_task_is_the_error_of_the_run():
    with pytest.raises(DataError, match=r"^recording 0 is cut short$"):
        run(refuse)


@pytest.mark.fault("a Dask worker with another version of a package", lost="nothing: refused")
@pytest.mark.usefixtures("world")
def test_a_worker_of_another_environment_is_refused(monkeypatch):
    ours = dask_worker.versions()
    monkeypatch.setattr(dask_worker, "versions", lambda: ours | {"h5py": "2.10"})
    with pytest.raises(UserError, match=r"the Dask worker tcp://\S+ has h5py [\d.]+, this process 2\.10"):
        run(where)


@pytest.mark.fault(
    "Dask workers with threads, or that do not see the project's folder", lost="nothing: refused"
)
@pytest.mark.parametrize(
    ("threads", "token", "says"),
    [
        (4, "here", "has 4 threads, and a folder of work is a process' own: start it with --nthreads 1"),
        (1, "elsewhere", r"on \S+ does not see the folder /project of node1: put the project"),
    ],
)
def test_a_worker_that_is_unfit_says_why(tmp_path, threads, token, says, seen):
    (tmp_path / "here").touch()
    place = {"folder": "/project", "token": str(tmp_path / token), "code": "", "state": ""}
    versions = dask_worker.versions() | {"host": "node1"}
    reason = dask_worker.unfit(place | {"versions": versions}, threads)
    assert re.match(says, reason)
    seen(f"the Dask worker {reason}")


@pytest.mark.fault("SVG_DASK without Dask, without a scheduler, or no address", lost="nothing: refused")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://127.0.0.1:9", r"SVG_DASK=tcp://127\.0\.0\.1:9: no Dask scheduler answers there .*start one"),
        ("my cluster", r"^SVG_DASK=my cluster: expected an address as `dask scheduler` prints it"),
        ("127.0.0.1:8786", r"^SVG_DASK=127\.0\.0\.1:8786: expected an address.* tcp://10\.0\.0\.1:8786$"),
        (
            "tcp://127.0.0.1:1",
            r"SVG_DASK=tcp://127.0.0.1:1, but Dask is not installed; run `pip install '\.\[dask\]'`",
        ),
    ],
)
def test_an_address_without_a_cluster_is_refused(tmp_path, monkeypatch, address, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_DASK", address)
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_ANSWER", 1)
    if "not installed" in says:
        monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=says):
        run(where)
    # Dask closes a client that never connected when it is forgotten, and other clients wait for that.
    gc.collect()


@pytest.mark.fault("a Dask cluster without workers", lost="the shards at work")
def test_a_cluster_that_does_nothing_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dask_cluster, "SECONDS_WITHOUT_WORKERS", 0.5)
    with cluster_of(0) as empty:
        monkeypatch.setenv("SVG_DASK", empty.scheduler_address)
        with pytest.raises(UserError, match=r"had no worker for 0 s; start some, e\.g\. `dask worker tcp"):
            run(where)
