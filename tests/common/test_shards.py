import os
import pickle
import signal

import numpy as np
import pytest

from stages.common.artifacts import read_json, sha256_of, write_json
from stages.common.building import build_shards
from stages.common.errors import DataError, UserError
from stages.common.shards import Shards, partition


def ragged(count, width=2):
    rng = np.random.default_rng(0)
    return {f"id-{n:04d}": rng.normal(size=(int(rng.integers(0, 9)), width)) for n in range(count)}


def identity(array):
    return array


def broken(array):
    if not len(array):
        raise DataError("nothing there")
    return array


@pytest.mark.parametrize("workers", ["0", "1", "2"])
def test_what_goes_in_comes_out_whatever_the_workers(tmp_path, monkeypatch, workers):
    monkeypatch.setenv("SVG_WORKERS", workers)
    items = ragged(120)
    assert build_shards(tmp_path, items, identity, "float16", "clip", kind="test") == {}
    shards = Shards(tmp_path, "mels")
    assert shards.ids() == sorted(items)
    assert shards.lengths() == {item_id: len(array) for item_id, array in sorted(items.items())}
    assert len(shards) == 120
    for item_id, array in items.items():
        np.testing.assert_array_equal(shards[item_id], array.astype("float16"))
        assert shards.length_of(item_id) == len(array)


def test_the_same_items_give_the_same_bytes(tmp_path, monkeypatch):
    hashes = []
    for workers in ("0", "1", "2"):
        monkeypatch.setenv("SVG_WORKERS", workers)
        folder = tmp_path / workers
        build_shards(folder, ragged(120), identity, "float32", "clip")
        hashes.append([sha256_of(path) for path in sorted(folder.iterdir())])
    assert hashes[0] == hashes[1] == hashes[2]


def test_one_changed_item_changes_one_shard(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(120)
    build_shards(tmp_path / "a", items, identity, "float32", "clip")
    items["id-0070"] = items["id-0070"] + 1
    build_shards(tmp_path / "b", items, identity, "float32", "clip")
    before, after = (read_json(tmp_path / name / "manifest.json", "x")["shards"] for name in "ab")
    changed = [new["sha256"] != old["sha256"] for old, new in zip(before, after, strict=True)]
    assert changed == [False, True, False]


def test_finished_shards_are_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(120)
    build_shards(tmp_path, items, identity, "float32", "clip")
    made = []
    (tmp_path / "shard-00001.h5").unlink()
    build_shards(tmp_path, items, lambda array: made.append(1) or array, "float32", "clip")
    assert len(made) == len(partition(sorted(items))[1])


@pytest.mark.fault("items that can't be read, and an interruption", lost="those items")
def test_what_cannot_be_read_is_reported_again_after_an_interruption(tmp_path, monkeypatch, seen):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(60)
    empty = {item_id for item_id, array in items.items() if not len(array)}
    assert empty
    failures = build_shards(tmp_path, items, broken, "float32", "clip")
    assert set(failures) == empty
    assert set(failures.values()) == {"nothing there"}
    assert set(Shards(tmp_path, "x").ids()) == set(items) - empty
    seen(f"{len(empty)} of {len(items)} items are reported as unreadable, the others are kept")


@pytest.mark.fault("one bit of a shard flipped", lost="that shard")
def test_damage_is_found_when_a_shard_is_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    build_shards(tmp_path, ragged(60), identity, "float32", "clip")
    path = tmp_path / "shard-00000.h5"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"shard-00000\.h5 is damaged.*dvc repro -sf mels"):
        Shards(tmp_path, "mels")["id-0001"]
    path.unlink()
    with pytest.raises(DataError, match="is missing"):
        Shards(tmp_path, "mels")["id-0001"]


@pytest.mark.fault("a manifest that is another JSON file", lost="nothing: refused")
@pytest.mark.parametrize(
    "content",
    [
        {}, {"items": 60}, {"items": 60, "shards": 3}, {"items": 60, "shards": [[]]},
        {"items": 1, "shards": [{"file": "../x.h5", "last_id": "a", "sha256": ""}]},
    ],
)  # fmt: skip
def test_another_json_is_no_manifest(tmp_path, content):
    write_json(tmp_path / "manifest.json", content)
    with pytest.raises(DataError, match=r"manifest\.json describes no shards: .*dvc repro -sf mels"):
        Shards(tmp_path, "mels")["id-0001"]


def killed(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.fault("kill -9 of a worker process", lost="the shard at work")
def test_a_worker_that_is_killed_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "2")
    with pytest.raises(UserError, match=r"a worker process of .* was killed.*run the same command again"):
        build_shards(tmp_path, ragged(120), killed, "float32", "clip")
    assert build_shards(tmp_path, ragged(120), identity, "float32", "clip") == {}


@pytest.mark.fault("a process forked while shards are open", lost="nothing: the child reads the same")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_shards_are_read_in_a_fork(tmp_path, monkeypatch, seen):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(120)
    build_shards(tmp_path, items, identity, "float64", "clip")
    shards = Shards(tmp_path, "mels")
    shards["id-0003"]
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            os._exit(0 if all(np.array_equal(shards[name], items[name]) for name in items) else 1)
        children.append(child)
    assert all(np.array_equal(shards[name], items[name]) for name in items)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    seen("four children at once and their parent read every item as it was written")


def test_an_unknown_id_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    build_shards(tmp_path, ragged(60), identity, "float32", "clip")
    for item_id in ("aaa", "id-0001x", "zzz"):
        with pytest.raises(DataError, match=f"no item '{item_id}'"):
            Shards(tmp_path, "mels")[item_id]


def test_an_open_file_does_not_cross_to_another_process(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(60)
    build_shards(tmp_path, items, identity, "float64", "clip")
    shards = Shards(tmp_path, "mels")
    shards["id-0003"]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(shards))["id-0003"], items["id-0003"])


def test_one_folder_holds_rows_of_one_width(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    items = ragged(60)
    items["id-0002"] = np.zeros((4, 3))
    with pytest.raises(DataError, match=r"id-0002 has rows of \[3\] numbers, id-0000 has \[2\]"):
        build_shards(tmp_path / "within", items, identity, "float32", "clip")
    across = {item_id: np.zeros((1, 2 if item_id < "id-0050" else 3)) for item_id in ragged(60)}
    with pytest.raises(DataError, match=r"id-0050 has rows of \[3\] numbers, id-0049 has \[2\]"):
        build_shards(tmp_path / "across", across, identity, "float32", "clip")
