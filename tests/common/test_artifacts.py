import pytest

from stages.common.artifacts import read_json, resumable_folder, write_json, written_whole
from stages.common.errors import DataError


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
