import os
import subprocess

import pandas as pd
import pytest

from stages.common.artifacts import (
    read_json,
    read_table,
    resumable_folder,
    write_json,
    write_table,
    written_whole,
)
from stages.common.errors import DataError, UserError


@pytest.mark.fault("an error in the middle of writing a file", lost="nothing")
def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path, seen):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(RuntimeError), written_whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path, "x") == {"old": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
    seen("the old file is read, and nothing lies beside it")


@pytest.mark.fault("a JSON file of the pipeline cut short, of another shape, or no text", lost="that file")
@pytest.mark.parametrize("text", ["{", "[1]", "\xff"])
def test_a_damaged_json_says_what_to_do(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin1"))
    with pytest.raises(DataError, match=r"a\.json"):
        read_json(path, "mix")
    with pytest.raises(DataError, match="dvc repro mix"):
        read_json(tmp_path / "absent.json", "mix")


@pytest.mark.fault("a parquet file with another byte in its footer", lost="that table")
def test_a_damaged_table_is_one_line(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(path, pd.DataFrame({"a": range(100)}))
    whole = path.read_bytes()
    # Its own words for this end in a line break.
    for content in (whole[:-20], whole[:-300] + bytes(292) + whole[-8:]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.parquet is damaged .*dvc repro -sf mix") as caught:
            read_table(path, "mix")
        assert "\n" not in str(caught.value)


@pytest.mark.fault("half a file of a process that was killed on another machine", lost="nothing")
def test_halves_of_other_machines_do_not_become_a_part_of_an_artifact(tmp_path, monkeypatch, seen):
    monkeypatch.chdir(tmp_path)
    with resumable_folder(tmp_path / "data", "key") as folder:
        # Here a process of this number lives.
        (folder / "audio").mkdir()
        (folder / f"audio/.a.{os.getppid()}.tmp.wav").write_text("half")
        write_json(folder / "a.json", {})
    assert [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()] == ["a.json"]
    seen("it is gone when the artifact is complete")


@pytest.mark.fault("half a file left by kill -9 in the folder of an artifact", lost="nothing")
def test_halves_of_killed_processes_are_cleared_and_no_others(tmp_path, seen):
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (
        f".a.{dead.pid}.tmp.json",
        f".a.{os.getppid()}.tmp.json",
        f".ab.{dead.pid}.tmp.json",
        ".a.tmp.json",
    ):
        (tmp_path / name).write_text("half")
    write_json(tmp_path / "a.json", {"new": 1})
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(
        ["a.json", f".a.{os.getppid()}.tmp.json", f".ab.{dead.pid}.tmp.json", ".a.tmp.json"]
    )
    seen("it goes when the file is written again; what a living process writes stays")


@pytest.mark.fault("two stages that fill one folder", lost="nothing: the second is refused")
def test_a_folder_is_filled_by_one_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "data/out"
    with (
        resumable_folder(out, "key"),
        pytest.raises(UserError, match=rf"process {os.getpid()} is making .*data/out in this folder; wait"),
        resumable_folder(out, "other key"),
    ):
        pass
    assert out.exists()


@pytest.mark.fault("a stage interrupted, then its params changed", lost="the work of the earlier params")
def test_an_interrupted_folder_is_found_again_and_another_key_starts_anew(tmp_path, monkeypatch, seen):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "data" / "out"
    with pytest.raises(KeyboardInterrupt), resumable_folder(out, "key") as building:
        (building / "first").write_text("1")
        raise KeyboardInterrupt
    assert not out.exists()
    with resumable_folder(out, "other") as building:
        assert not list(building.iterdir())
        (building / "first").write_text("other")
    assert (out / "first").read_text() == "other"
    # Publishing removes what other keys left behind, so nothing piles up.
    with resumable_folder(out, "key") as building:
        assert not list(building.iterdir())
        (building / "second").write_text("2")
    assert sorted(entry.name for entry in out.iterdir()) == ["second"]
    seen("the same params go on with what was finished; others start anew, and clear up")
