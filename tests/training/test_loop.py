"""The trainer: exact resume, the same gradient on any number of processes, non-finite losses."""

import multiprocessing
import os
import pickle
from functools import partial

import numpy as np
import pytest
import torch

from stages.common.errors import DataError, UserError
from stages.ground.method import TASKS
from stages.training import checkpoints
from stages.training.grounding import Grounding
from stages.training.judge import Judge
from stages.training.loop import Validation, train
from stages.training.model import build
from stages.training.queries import read_splits
from stages.training.query_steps import vocabulary_size
from stages.training.ranks import Ranks, on_ranks
from stages.training.truth import read_moments
from tests.training.worlds import params, write_corpus

HERE = Ranks(0, 1, torch.device("cpu"))


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    write_corpus(tmp_path)
    return tmp_path


def task_of(given, name="base"):
    parts = read_splits(given, name, "train", "dev")
    judge = Judge(parts["dev"], read_moments("dev"), given, HERE.device)
    return TASKS["full"](given, name, parts, HERE.device, judge)


def model_of(given, task, name="base"):
    torch.manual_seed(given.training_seed)
    model = build(given, name, task.train.dims, vocabulary_size(given, name))
    model.fit_scaling(task.train.videos)
    return model


def machine(processes):
    return params(machine={"processes": processes}).machine


class Killed(BaseException):
    pass


def dying(task, kill_at):
    """The task of a process that is gone in the middle of a step."""
    seen = []

    class Dying(Grounding):
        def loss(self, model, rows, step):
            seen.append(1)
            if len(seen) > kill_at:
                raise Killed
            return super().loss(model, rows, step)

    return Dying(task.train, task.dev, task.params, task.device, task.learns_from, task.select)


def run(given, folder, kill_at=None, name="base"):
    task = task_of(given, name)
    model = model_of(given, task, name)
    folder.mkdir(exist_ok=True)
    doing = task if kill_at is None else dying(task, kill_at)
    return train(model, doing, given.ground, given.machine, given.training_seed, folder, HERE)


@pytest.mark.fault("training broken off in the middle of a step", lost="nothing")
@pytest.mark.parametrize("name", ["base", "vslnet", "text"])
@pytest.mark.parametrize("kill_at", [1, 3, 5])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(world, name, kill_at, capsys, seen):
    given = params(machine={"checkpoint_seconds": 1e-9})
    whole = run(given, world / "whole", name=name)
    with pytest.raises(Killed):
        run(given, world / "killed", kill_at, name)
    resumed = run(given, world / "killed", name=name)
    assert resumed.weights.keys() == whole.weights.keys()
    for key, tensor in whole.weights.items():
        assert torch.equal(tensor, resumed.weights[key]), key
    assert resumed.progress.curve == whole.progress.curve
    for part in ("whole", "killed"):
        tensors, _ = checkpoints.load(world / part / "last.safetensors", "")
        if part == "whole":
            expected = tensors
    assert all(torch.equal(expected[key], tensors[key]) for key in expected)
    said = capsys.readouterr().out.replace(str(world / "killed"), "")
    seen(f"'{said.strip()}', then the same weights, optimiser and curve to the last bit")


def test_the_same_seed_gives_the_same_weights_and_another_one_others(world):
    first, again = (run(params(), world / name).weights for name in ("a", "b"))
    other = run(params(training_seed=1), world / "c").weights
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_training_stops_when_dev_does_not_improve(world, monkeypatch):
    scores = iter([1.0, 3.0, 2.0, 3.0, 9.0])
    monkeypatch.setattr(Grounding, "validate", lambda *_: Validation(next(scores), {}))
    trained = run(params(ground={"epochs": 9, "patience": 2}), world / "x")
    assert (trained.progress.epoch, trained.progress.best_epoch) == (4, 1)


def test_without_a_score_training_goes_on_and_the_last_epoch_is_kept(world, monkeypatch):
    monkeypatch.setattr(Grounding, "validate", lambda *_: Validation(None, {}))
    trained = run(params(ground={"epochs": 5, "patience": 1}), world / "x")
    assert (trained.progress.epoch, trained.progress.best_epoch) == (5, 4)
    last = checkpoints.below(checkpoints.load(world / "x/last.safetensors", "")[0], "model.")
    assert all(torch.equal(trained.weights[key], tensor) for key, tensor in last.items())


@pytest.mark.parametrize("select", ["last", "loss", "mIoU"])
def test_the_epoch_is_kept_that_the_params_select(world, select):
    given = params(ground={"epochs": 6, "patience": 6, "lr": 0.03, "select": select})
    trained = run(given, world / "x")
    figures = {key: [epoch[key] for epoch in trained.progress.curve] for key in trained.progress.curve[0]}
    assert ("dev_loss" in figures) == (select == "loss")
    wanted = {
        "last": lambda: 5,
        "loss": lambda: int(np.argmin(figures["dev_loss"])),
        "mIoU": lambda: int(np.argmax(figures["dev_mIoU"])),
    }[select]()
    assert trained.progress.best_epoch == wanted
    # The weights are those of that epoch: they judge dev as it did.
    task = task_of(given)
    model = model_of(given, task)
    model.load_state_dict(trained.weights)
    with torch.no_grad():
        again = task.validate(model.eval()).figures
    assert again == pytest.approx({key: figures[key][wanted] for key in again})


@pytest.mark.fault("NaN in the speech of one query", lost="nothing: the weights are those of the step before")
def test_a_loss_that_is_not_finite_names_the_step_and_the_queries(world, monkeypatch):
    given = params()
    task = task_of(given)
    task.train.steps[3][:] = np.nan
    model = model_of(given, task)
    before, loss = [], Grounding.loss

    def watched(self, *arguments):
        before.append([weight.detach().clone() for weight in model.parameters()])
        return loss(self, *arguments)

    monkeypatch.setattr(Grounding, "loss", watched)
    with pytest.raises(UserError, match=r"step \d+ \(epoch 0\): loss nan.*train-1-1"):
        train(model, task, given.ground, given.machine, given.training_seed, world, HERE)
    assert all(torch.equal(*weights) for weights in zip(before[-1], model.parameters(), strict=True))


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-5])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def flip_a_bit_of_the_facts(path):
    content = path.read_bytes()
    assert content.count(b'\\"step\\": 4,') == 1
    path.write_bytes(content.replace(b'\\"step\\": 4,', b'\\"step\\": 5,'))


@pytest.mark.fault(
    "a checkpoint cut short, or one bit of it flipped", lost="the step since the checkpoint before"
)
@pytest.mark.parametrize("damage", [cut_short, flip_a_bit, flip_a_bit_of_the_facts])
def test_of_a_damaged_checkpoint_the_one_before_is_taken(world, damage, capsys, seen):
    given = params(machine={"checkpoint_seconds": 1e-9})
    whole = run(given, world / "whole")
    with pytest.raises(Killed):
        run(given, world / "x", kill_at=4)
    damage(world / "x/last.safetensors")
    resumed = run(given, world / "x")
    said = capsys.readouterr().out.replace(f"{world}/x/", "").splitlines()
    assert said[0].startswith("last.safetensors is ")
    assert said[1] == "resumed from before.safetensors: epoch 1, step 3"
    assert all(torch.equal(tensor, resumed.weights[key]) for key, tensor in whole.weights.items())
    assert resumed.progress.curve == whole.progress.curve
    seen(f"'{said[0]}', '{said[1]}', and the same weights and curve to the last bit")


@pytest.mark.fault("all checkpoints of a run damaged", lost="the run since its start")
def test_a_run_without_a_whole_checkpoint_is_told_what_to_remove(world):
    given = params()
    run(given, world / "x")
    for path in (world / "x").iterdir():
        cut_short(path)
    with pytest.raises(DataError, match=r"no whole safetensors file.*remove .*/x to train from the start"):
        run(given, world / "x")


@pytest.mark.fault(
    "a pickle that runs a command, in place of a checkpoint", lost="nothing: refused, and not run"
)
def test_a_pickle_is_not_run(world):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(world / "pwned"),)

    (world / "x").mkdir()
    for name, content in (("last", pickle.dumps(Payload())), ("before", b"")):
        (world / f"x/{name}.safetensors").write_bytes(content)
    torch.save({"weight": Payload()}, world / "x/before.safetensors")
    with pytest.raises(DataError, match="no whole safetensors file"):
        run(params(), world / "x")
    assert not (world / "pwned").exists()
    pickle.loads(pickle.dumps(Payload()))
    assert (world / "pwned").exists()


@pytest.mark.fault("two trainings in one folder", lost="nothing: the second is refused")
@pytest.mark.usefixtures("world")
def test_a_second_run_in_the_same_place_is_refused():
    with (
        checkpoints.run_folder("ground", "base", {"seed": "key"}),
        pytest.raises(UserError, match=rf"process {os.getpid()} is training base"),
        checkpoints.run_folder("ground", "base", {"seed": "key"}),
    ):
        pass


@pytest.mark.usefixtures("world")
def test_an_interrupted_run_keeps_its_folder_and_a_finished_one_clears_up():
    with pytest.raises(Killed), checkpoints.run_folder("ground", "base", {"seed": "old"}) as folder:
        (folder / "last.safetensors").touch()
        raise Killed
    assert (folder / "last.safetensors").exists()
    with checkpoints.run_folder("ground", "base", {"seed": "new"}):
        pass
    assert not folder.exists()


@pytest.mark.fault("a training broken off, then its params changed", lost="the work with the earlier params")
@pytest.mark.usefixtures("world")
def test_a_run_of_other_settings_is_not_resumed_and_what_differs_is_listed(capsys, seen):
    def broken_off(**made_from):
        with pytest.raises(Killed), checkpoints.run_folder("ground", "base", made_from) as folder:
            checkpoints.save_state(folder, {}, {})
            raise Killed
        return folder

    first = broken_off(seed=1, ground={"lr": 0.1, "batch": 4}, inputs={"queries": "0" * 64})
    second = broken_off(seed=1, ground={"lr": 0.2, "batch": 4}, inputs={"queries": "1" * 64})
    assert first != second
    assert checkpoints.load_state(second)[0].parent == second
    said = capsys.readouterr().out
    assert said == (
        f"{first} is a run of other settings and is not resumed: ground.lr was 0.1, is 0.2; "
        "inputs.queries was '000000000000…, is '111111111111…\n"
    )
    broken_off(seed=1, ground={"lr": 0.2, "batch": 4}, inputs={"queries": "1" * 64})
    assert capsys.readouterr().out == ""
    seen(said)


def _train_with(given, folder, seconds, here):
    """A run in which each process has its own idea of how often to save."""
    task = task_of(given)
    machine = given.machine.model_copy(update={"checkpoint_seconds": seconds[here.rank]})
    trained = train(model_of(given, task), task, given.ground, machine, given.training_seed, folder, here)
    checkpoints.save(folder / f"{here.rank}.safetensors", trained.weights, {})


def test_processes_need_not_save_at_the_same_time(world):
    weights = []
    for name, seconds in (("agreed", (1e9, 1e9)), ("apart", (1e-9, 1e9))):
        (world / name).mkdir()
        on_ranks(machine(2), partial(_train_with, params(), world / name, seconds))
        weights += [checkpoints.load(world / name / f"{rank}.safetensors", "")[0] for rank in (0, 1)]
    for other in weights[1:]:
        assert all(torch.equal(other[key], expected) for key, expected in weights[0].items())


def _out_of_step(here):
    here.sum(torch.zeros(1 + here.rank))


@pytest.mark.fault("two processes that are out of step", lost="nothing")
@pytest.mark.usefixtures("world")
def test_processes_that_sum_different_things_are_stopped(seen):
    with pytest.raises((RuntimeError, UserError), match=r"out of step.*\[4, 8\] bytes") as caught:
        on_ranks(machine(2), _out_of_step)
    seen(str(caught.value))


def _rank(rank, count, port, folder, out):
    """One process of `count`, as `torchrun` would start it."""
    os.chdir(folder)
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    given = params(networks={"base": {"dropout": 0.0}})
    on_ranks(machine(1), partial(_gradient, given, out))


def _gradient(given, out, here):
    """The gradient of one batch of seven."""
    task = task_of(given)
    model = model_of(given, task)
    rows = np.arange(7)
    (task.loss(model, here.share(rows), 0)["total"] * here.weight(rows)).backward()
    here.sum_gradients(model)
    if here.is_first:
        gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
        checkpoints.save(out, gradients, {})


def test_several_processes_have_the_gradient_of_one(world):
    context = multiprocessing.get_context("spawn")
    gradients = []
    for count, port in ((1, 29611), (2, 29612)):
        out = world / f"{count}.safetensors"
        started = [
            context.Process(target=_rank, args=(rank, count, port, world, out)) for rank in range(count)
        ]
        for process in started:
            process.start()
        for process in started:
            process.join(120)
            assert process.exitcode == 0
        gradients.append(checkpoints.load(out, "")[0])
    # The same with helpers of our own.
    given, out = params(networks={"base": {"dropout": 0.0}}), world / "helpers.safetensors"
    on_ranks(machine(3), partial(_gradient, given, out))
    gradients.append(checkpoints.load(out, "")[0])
    for key, expected in gradients[0].items():
        for several in gradients[1:]:
            torch.testing.assert_close(several[key], expected, atol=1e-6, rtol=1e-4)
    assert max(float(gradient.abs().max()) for gradient in gradients[0].values()) > 1e-3
