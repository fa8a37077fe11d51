"""kill -9 of real processes, at any moment: the same command goes on, and ends with the same bytes."""

import random
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from safetensors import SafetensorError, safe_open

from stages.training import checkpoints
from tests.acoustic import world as acoustic
from tests.faults.processes import finished, start, until
from tests.mix import noise_world
from tests.training import worlds

# Of the process that dies; 0 is never.
WHOLE = ("tests.faults.dying", "never", "0")
ROOMS = {
    "acoustic": ["stages.acoustic"],
    "pretrain": ["stages.pretrain", "vgcl"],
    "ground": ["stages.ground", "base"],
}
EPOCHS = 30


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Runs each of its arguments in a folder of its own, made from the same inputs."""
    (tmp_path / "inputs").mkdir()
    monkeypatch.chdir(tmp_path / "inputs")

    def folder(name):
        shutil.copytree(tmp_path / "inputs", tmp_path / name)
        monkeypatch.chdir(tmp_path / name)

    return folder


def prepare(room):
    """The inputs and params of a training of some hundred short steps."""
    settings = {"machine": {"checkpoint_seconds": 1e-9}}
    if room == "acoustic":
        acoustic.write_corpus(train=16)
        acoustic.params(**settings, acoustic={"epochs": EPOCHS, "patience": EPOCHS})
    else:
        worlds.write_corpus(Path())
        worlds.params(**settings, **{room: {"epochs": EPOCHS, "patience": EPOCHS}})


def left(*folders):
    """Every file of the outputs, hidden ones too, and the checkpoints but for the time they took."""
    found = {
        str(path): path.read_bytes()
        for folder in folders or ("data", "models", "metrics", "plots")
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }
    for path in Path(".checkpoints").rglob("*.safetensors"):
        tensors, facts = checkpoints.load(path, "")
        found |= {f"{path} {name}": tensor.numpy().tobytes() for name, tensor in tensors.items()}
        found[f"{path}"] = repr({**facts, "seconds": 0, "sha256": ""}).encode()
    return found


def steps_done():
    """How far the newest checkpoint is that a killed run would leave now."""
    found = [0]
    for path in Path(".checkpoints").rglob("[!.]*.safetensors"):
        try:
            with safe_open(path, "pt") as file:
                found.append(checkpoints.json.loads(file.metadata()["facts"])["step"])
        except (SafetensorError, OSError, RuntimeError):
            # It is just being replaced.
            continue
    return max(found)


@pytest.mark.slow
@pytest.mark.fault(
    "kill -9 of training at a random step, twice: acoustic model, pretraining, grounding", lost="nothing"
)
@pytest.mark.parametrize("room", ROOMS)
def test_killed_at_random_steps_training_ends_with_the_same_bytes(here, room, seen):
    prepare(room)
    here("whole")
    finished(*WHOLE, *ROOMS[room])
    whole = left()
    assert any("optimizer." in name for name in whole)
    here("killed")
    steps = sorted(random.Random().sample(range(2, 80), 2))
    reached = []
    for step in steps:
        run = start(*WHOLE, *ROOMS[room])
        until(lambda: steps_done() >= step)  # noqa: B023
        run.send_signal(signal.SIGKILL)
        run.communicate()
        assert run.returncode == -9
        reached.append(steps_done())
    said, _ = finished(*WHOLE, *ROOMS[room])
    assert f"step {reached[-1]}" in said
    assert left() == whole
    seen(
        f"killed after steps {reached[0]} and {reached[1]}, '{said.splitlines()[0]}'; weights, optimiser, "
        "curves and figures are those of the uninterrupted run to the last bit"
    )


@pytest.mark.fault(
    "a training killed, and its params changed before the next run", lost="the work with the earlier params"
)
@pytest.mark.slow
def test_another_learning_rate_starts_anew_and_says_why(here, seen):
    prepare("ground")
    here("killed")
    run = start(*ROOMS["ground"])
    until(lambda: steps_done() >= 2)
    run.kill()
    run.communicate()
    worlds.params(ground={"epochs": 1, "lr": 0.123})
    said, _ = finished(*ROOMS["ground"])
    line = said.splitlines()[0]
    assert "is a run of other settings and is not resumed: " in line
    assert "ground.lr was 0.0006, is 0.123" in line
    assert "resumed from" not in said
    seen(line)


def launched(*command):
    """The command as two processes of torchrun."""
    return "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m", *WHOLE, *command


@pytest.mark.fault("kill -9 of one of the processes that torchrun has started", lost="nothing")
@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_lost_rank_ends_torchrun_and_the_same_command_goes_on(here, rank, seen):
    prepare("ground")
    here("whole")
    finished(*launched(*ROOMS["ground"]))
    whole = left()
    here("killed")
    run = start(*launched(*ROOMS["ground"]))
    until(lambda: steps_done() >= 2)
    ranks = {child.environ()["RANK"]: child for child in psutil.Process(run.pid).children()}
    killed_at = time.monotonic()
    ranks[str(rank)].kill()
    run.communicate(timeout=120)
    seconds = time.monotonic() - killed_at
    assert run.returncode == 1
    assert seconds < 30
    assert not any(child.is_running() for child in ranks.values())
    assert not Path("models").exists()
    said, _ = finished(*launched(*ROOMS["ground"]))
    assert left() == whole
    resumed = next(line for line in said.splitlines() if "resumed from" in line)
    seen(
        f"torchrun ends the others and itself with code 1 in {seconds:.0f} s; the same command: '{resumed}', "
        "and the bytes of an undisturbed torchrun"
    )


def mixing():
    noise_world.write_corpus(60)
    noise_world.write_esc50(Path("esc50"))
    acoustic.params(noise={"esc50": str(Path("esc50").absolute())})
    return ["stages.mix"]


def grounding():
    worlds.write_corpus(Path())
    worlds.params(machine={"checkpoint_seconds": 1e-9})
    return ROOMS["ground"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "file", "time"),
    [
        pytest.param(*row, marks=pytest.mark.fault(f"kill -9 in the middle of writing {what}", lost=lost))
        for *row, what, lost in [
            (grounding, "last.safetensors", 4, "a checkpoint", "the step since the checkpoint before"),
            (grounding, "grounding.safetensors", 1, "the weights", "nothing"),
            (grounding, "ground-base.json", 1, "the metrics", "nothing"),
            (mixing, "shard-00001.h5", 1, "a shard", "that shard"),
            (mixing, "manifest.json", 1, "a manifest", "nothing"),
            (mixing, "recipe.parquet", 1, "a table", "nothing"),
            (mixing, "mix.json", 1, "the metrics of a finished stage", "nothing"),
        ]
    ],
)
def test_killed_while_a_file_is_written(here, made, file, time, seen):
    command = made()
    here("whole")
    finished(*WHOLE, *command)
    whole = left()
    here("killed")
    run = start("tests.faults.dying", file, str(time), *command)
    run.communicate()
    assert run.returncode == -9
    halves = [path.name for path in Path().rglob(".*.tmp.*")]
    assert len(halves) == 1, "it was not killed in the middle of writing"
    said, _ = finished(*WHOLE, *command)
    assert left() == whole
    resumed = next((f": '{line}'" for line in said.splitlines() if "resumed" in line), "")
    seen(f"half a file of another name stayed; the same command went on{resumed}, and left the same bytes")
