"""A disk that is full, or that can't be written: said in one line, and what was there stays."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stages.common import space
from stages.common.artifacts import write_json, written_whole
from stages.common.errors import UserError, one_line_errors
from stages.training import checkpoints
from tests.acoustic import world as acoustic
from tests.faults.processes import finished
from tests.mix import noise_world
from tests.training import worlds

GO_ON = "what is finished is kept, the same command goes on from there"


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """Makes the current folder a disk of its own, of so many bytes."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(size):
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only root may mount a small disk here")
        monkeypatch.chdir(place)
        return place

    yield mount
    monkeypatch.chdir(tmp_path)
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def fill(place, leave):
    """Leave so many bytes free."""
    free = shutil.disk_usage(place).free
    (place / "ballast").write_bytes(bytes(free - leave))


def told(capsys, work):
    """The one line with which a command ends."""
    with pytest.raises(SystemExit) as ended, one_line_errors():
        work()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.fault("a full disk while a checkpoint is written", lost="the steps since the checkpoint before")
def test_a_full_disk_leaves_the_checkpoint_before(disk, capsys, seen):
    place = disk(1_000_000)
    weights = {"weight": checkpoints.torch.arange(50_000.0)}
    checkpoints.save_state(place, weights, {"step": 1})
    checkpoints.save_state(place, weights, {"step": 2})
    fill(place, leave=60_000)
    larger = {**weights, "best": checkpoints.torch.zeros(100_000)}
    said = told(capsys, lambda: checkpoints.save_state(place, larger, {"step": 3}))
    assert "the disk is full" in said
    assert GO_ON in said
    assert not list(place.glob(".*"))
    _, tensors, facts = checkpoints.load_state(place)
    assert facts == {"step": 2}
    assert checkpoints.torch.equal(tensors["weight"], weights["weight"])
    seen(said)


@pytest.mark.fault("a full disk while metrics or tables are written", lost="nothing: the old file stays")
@pytest.mark.parametrize("kind", ["json", "parquet", "h5"])
def test_a_full_disk_leaves_the_file_before(disk, capsys, kind, seen):
    import pandas as pd

    from stages.common.artifacts import write_table
    from stages.common.shards import write_shard

    place = disk(1_000_000)
    path = place / f"a.{kind}"
    content = checkpoints.torch.rand(60_000).numpy()
    write = {
        "json": lambda numbers: write_json(path, {"numbers": numbers.tolist()}),
        "parquet": lambda numbers: write_table(path, pd.DataFrame({"numbers": numbers})),
        "h5": lambda numbers: write_shard(path, iter([("a", numbers)]), "float32"),
    }[kind]
    write(content[:10])
    before = path.read_bytes()
    fill(place, leave=20_000)
    said = told(capsys, lambda: write(content))
    assert "the disk is full" in said
    assert path.read_bytes() == before
    assert not list(place.glob(".*"))
    seen(said)


@pytest.mark.slow
@pytest.mark.fault("a disk that is full while a stage works, and then is not", lost="the shard at work")
def test_with_space_again_the_same_command_goes_on(disk, seen):
    place = disk(40_000_000)
    noise_world.write_corpus(60)
    noise_world.write_esc50(Path("esc50"))
    acoustic.params(noise={"esc50": str(place / "esc50")})
    finished("stages.mix")
    whole = {path.name: path.read_bytes() for path in Path("data/mixed").iterdir()}
    shutil.rmtree("data/mixed")
    # Enough for the estimate, and not for the noise beside it.
    fill(place, leave=450_000)
    _, complaints = finished("stages.mix", expect=1)
    assert "the disk is full" in complaints
    (place / "ballast").unlink()
    finished("stages.mix")
    assert {path.name: path.read_bytes() for path in Path("data/mixed").iterdir()} == whole
    seen(complaints.splitlines()[-1])


@pytest.mark.fault("too little space for what a stage will write", lost="nothing: it does not begin")
def test_space_is_asked_for_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: usage._replace(free=100_000))
    from stages.mix.__main__ import mix_all

    noise_world.write_corpus(60)
    given = noise_world.params(esc50=str(noise_world.write_esc50(tmp_path / "esc50")))
    with pytest.raises(UserError, match=r"mixing needs about 0\.4 MB in data/mixed, and 0\.1 MB are free"):
        mix_all(given)
    assert not Path(".checkpoints").exists()
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: usage._replace(free=400_000))
    assert mix_all(given)["noisy"] == 60


@pytest.mark.fault("a folder that can't be written", lost="nothing: the old file stays")
def test_a_read_only_folder(disk, capsys, seen):
    place = disk(1_000_000)
    write_json(place / "a.json", {"old": 1})
    before = (place / "a.json").read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)

    def write():
        with written_whole(place / "a.json") as temporary:
            temporary.write_text("new")

    said = told(capsys, write)
    assert "this place can't be read or written" in said
    assert f"{place}" in said
    said_of_weights = told(capsys, lambda: checkpoints.save(place / "a.safetensors", {}, {}))
    assert "can't be read or written" in said_of_weights
    assert (place / "a.json").read_bytes() == before
    seen(said)


@pytest.mark.slow
@pytest.mark.fault("a project folder that can't be written", lost="nothing")
def test_a_stage_in_a_read_only_folder(disk, seen):
    place = disk(10_000_000)
    worlds.write_corpus(place)
    worlds.params()
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    _, complaints = finished("stages.ground", "base", expect=1)
    line = complaints.splitlines()[-1]
    assert line.startswith("error: this place can't be read or written ([Errno 30]")
    seen(line)
