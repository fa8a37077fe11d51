"""The library out of the published wheel."""

import zipfile

import pytest

from stages.common.artifacts import write_json
from stages.common.errors import DataError
from stages.common.transcripts_needed import NEEDED
from stages.deepspeech import __main__ as room
from stages.deepspeech import wheel
from tests.training.worlds import params


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "check_machine", lambda: None)
    write_json(NEEDED, {"needed": True})
    return tmp_path


def write_wheel(path, member="deepspeech/lib/libdeepspeech.so"):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, b"the library")
    return path


def test_a_wheel_that_the_user_has_is_taken(world, monkeypatch):
    path = write_wheel(world / "deepspeech.whl")
    monkeypatch.setattr(wheel, "SHA256", wheel.sha256_of(path))
    params(asr={"wheel": str(path)})
    room.main()
    assert room.OUT.read_bytes() == b"the library"


@pytest.mark.fault("another wheel than the published one", lost="nothing: refused")
def test_another_wheel_is_refused_and_nothing_written(world, capsys):
    params(asr={"wheel": str(write_wheel(world / "deepspeech.whl"))})
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith(f"error: {world / 'deepspeech.whl'} has the sha256 ")
    assert said.count("\n") == 1
    assert not room.OUT.exists()


def test_a_missing_wheel_is_named(world):
    with pytest.raises(DataError, match=r"asr.wheel: .*gone.whl does not exist"):
        wheel.library_in(world / "gone.whl")
    with pytest.raises(DataError, match=r"asr.wheel: .* is a folder; expected the wheel"):
        wheel.library_in(world)


@pytest.mark.fault("no network", lost="nothing")
@pytest.mark.usefixtures("world")
def test_without_a_network_the_way_out_is_named(monkeypatch, capsys):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    params()
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: pip can't fetch deepspeech==0.9.3 (ERROR: ")
    assert "fetch the wheel for cp39 and manylinux1_x86_64 elsewhere" in said
    assert said.rstrip().endswith("and name it in asr.wheel")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("world")
def test_another_engine_needs_no_library_and_no_such_machine(monkeypatch):
    monkeypatch.setattr(room, "check_machine", lambda: pytest.fail("it does not matter"))
    params(asr={"engine": "moonshine"})
    room.main()
    assert room.OUT.read_bytes() == b""


@pytest.mark.usefixtures("world")
def test_where_no_row_reads_transcripts_no_library_is_fetched(monkeypatch, capsys):
    monkeypatch.setattr(room, "fetch_wheel", lambda _: pytest.fail("nobody needs it"))
    write_json(NEEDED, {"needed": False})
    params()
    room.main()
    assert room.OUT.read_bytes() == b""
    assert "left empty, as no row of `compare` reads transcripts" in capsys.readouterr().out
