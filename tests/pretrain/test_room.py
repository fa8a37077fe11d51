"""Pretraining on a tiny world: what it leaves, and what grounding makes of it."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stages.common.artifacts import read_json
from stages.common.errors import DataError
from stages.evaluate.method import evaluate
from stages.ground.__main__ import main as ground
from stages.pretrain.__main__ import main as pretrain
from stages.systems.vgcl.task import PretrainingTask
from stages.training import checkpoints, pretraining
from stages.training.ranks import on_ranks
from stages.training.truth import read_truth
from tests.training.worlds import params, write_corpus

KINDS = ["cpc", "vqcpc", "vgcl", "foretell", "aligned"]
GUIDED = ("vgcl", "foretell")


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    write_corpus(tmp_path)
    return tmp_path


def call(room, monkeypatch, method):
    monkeypatch.setattr(sys, "argv", ["stage", method])
    room()


def weights_of(path):
    return checkpoints.load(Path(path), "")[0]


@pytest.mark.usefixtures("world")
def test_a_method_without_pretraining_leaves_the_same_empty_file_whatever_the_params(monkeypatch):
    left = []
    for kappa in (10, 5):
        params(curriculum={"kappa": kappa})
        call(pretrain, monkeypatch, "base")
        left.append(Path("models/base/pretrained.safetensors").read_bytes())
    assert left[0] == left[1]
    assert weights_of("models/base/pretrained.safetensors") == {}


@pytest.mark.usefixtures("world")
def test_the_network_of_vgcl_can_start_from_scratch(monkeypatch):
    params()
    call(pretrain, monkeypatch, "guided")
    call(ground, monkeypatch, "guided")
    assert any("first.guide." in key for key in weights_of("models/guided/grounding.safetensors"))


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("select", ["last", "bound"])
def test_the_epoch_is_kept_that_the_params_select(monkeypatch, select):
    # So fast that the bound on dev goes up and down.
    params(pretrain={"epochs": 6, "lr": 0.03, "select": select})
    call(pretrain, monkeypatch, "cpc")
    bounds = pd.read_csv("plots/pretrain/cpc.tsv", sep="\t")["dev_bound"]
    assert int(bounds.argmax()) != 5
    facts = read_json(Path("metrics/stages/pretrain-cpc.json"), "pretrain")
    assert facts["best_epoch"] == (5 if select == "last" else int(bounds.argmax()))
    assert facts["dev_bound"] == bounds[facts["best_epoch"]]


@pytest.mark.usefixtures("world")
def test_vgcl_says_what_the_video_is_worth(monkeypatch):
    params(pretrain={"epochs": 6, "lr": 0.03})
    call(pretrain, monkeypatch, "vgcl")
    facts = read_json(Path("metrics/stages/pretrain-vgcl.json"), "pretrain")
    assert facts["video_gap"] == pytest.approx(facts["dev_bound"] - facts["bound_other_video"], abs=2e-4)
    assert facts["video_gap"] != 0


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", KINDS)
def test_grounding_starts_from_what_pretraining_leaves(monkeypatch, name):
    # At rate 0 what is learned stays to the last bit, the norms' statistics too.
    given = params(methods={name: {"encoder_rate": 0.0}})
    epochs = given.of(name).pretrain.epochs
    call(pretrain, monkeypatch, name)
    call(ground, monkeypatch, name)
    taught = weights_of(f"models/{name}/pretrained.safetensors")
    found = weights_of(f"models/{name}/grounding.safetensors")
    looks = given.methods[name].network == "guided"
    kept = {key: tensor for key, tensor in taught.items() if key.startswith("encoder.")}
    kept |= {key: tensor for key, tensor in taught.items() if looks and key.startswith("guide.")}
    places = {key if looks else key.removeprefix("encoder."): tensor for key, tensor in kept.items()}
    first = {key for key in found if key.startswith("network.query.first.")}
    assert first == {f"network.query.first.{place}" for place in places}
    for place, tensor in places.items():
        assert torch.equal(found[f"network.query.first.{place}"], tensor), place
    facts = read_json(Path(f"metrics/stages/pretrain-{name}.json"), "pretrain")
    assert facts["steps"] == 3 * epochs
    assert Path(f"plots/pretrain/{name}.tsv").read_text().count("\n") == 1 + epochs
    steps = Path(f"plots/curriculum/{name}.tsv").read_text().count("\n") - 1
    assert steps == (3 * epochs if name in GUIDED else 1)


@pytest.mark.usefixtures("world")
def test_at_a_smaller_rate_the_pretrained_part_moves_less(monkeypatch):
    moved = []
    for rate in (1.0, 0.01):
        params(methods={"cpc": {"encoder_rate": rate}}, ground={"weight_decay": 0.0})
        call(pretrain, monkeypatch, "cpc")
        call(ground, monkeypatch, "cpc")
        taught, found = (weights_of(f"models/cpc/{name}.safetensors") for name in ("pretrained", "grounding"))
        key = "gru.passes.0.weight_hh_l0"
        moved.append(float((found[f"network.query.first.{key}"] - taught[f"encoder.{key}"]).abs().max()))
    assert 0 < moved[1] < 0.1 * moved[0]


@pytest.mark.usefixtures("world")
def test_a_later_change_of_the_curriculum_leaves_a_trained_model_as_it_is_and_one_of_the_guide_is_refused(
    monkeypatch, tmp_path
):
    given = params()
    call(pretrain, monkeypatch, "vgcl")
    call(ground, monkeypatch, "vgcl")
    from stages.blind.__main__ import main as blind

    blind()
    evaluate(given, "vgcl")
    before = (tmp_path / "metrics/vgcl.json").read_text()
    evaluate(params(curriculum={"kappa": 5}), "vgcl")
    assert (tmp_path / "metrics/vgcl.json").read_text() == before
    for key, was, given in (("self_attention", True, False), ("heads", 2, 1)):
        other = params(networks={"guide": {key: given}})
        had, wanted = (f"'guide': {{[^}}]*'{key}': {value}\\b" for value in (was, given))
        differs = f"{had}.*the params say.*{wanted}"
        change = f"{key}: .*: {was}}}, the params say .*: {given}}}; .*-sf ground@vgcl"
        with pytest.raises(DataError, match=rf"trained with other networks\.guide\.{change}"):
            evaluate(other, "vgcl")
        with pytest.raises(DataError, match=f"pretrained with other guide: .*{differs}.*-sf pretrain@vgcl"):
            pretraining.read_facts(other, "vgcl")
    assert (tmp_path / "metrics/vgcl.json").read_text() == before


@pytest.mark.fault("pretrained weights of another encoder", lost="nothing: refused")
@pytest.mark.usefixtures("world")
def test_weights_taught_for_another_encoder_are_refused(monkeypatch):
    params()
    call(pretrain, monkeypatch, "cpc")
    other = params(networks={"speech": {"width": 16}})
    with pytest.raises(DataError, match=r"pretrained with other speech.*dvc repro -sf pretrain@cpc"):
        pretraining.read_facts(other, "cpc")


@pytest.mark.usefixtures("world")
def test_the_window_grows_from_the_moment_to_the_whole_video():
    given = params(pretrain={"epochs": 11, "batch": 4})
    shown = pretraining.kind_of("vgcl").prepare(given, "vgcl", torch.device("cpu")).task.shown
    assert shown.budget == [3] * 11
    rows, gamma = np.arange(4), torch.ones(4, 2)
    truth = read_truth("train")
    moments = torch.stack([truth.start[:4], truth.end[:4]], 1)
    torch.testing.assert_close(shown.in_training(rows, 0, gamma), moments)
    half = shown.in_training(rows, 17, gamma)
    torch.testing.assert_close(half[:, 0], moments[:, 0] / 2)
    assert shown.in_training(rows, 32, gamma * 0.1).tolist() == [[0.0, 1.0]] * 4
    # On dev, as in grounding, it is all of the video.
    assert shown.on_dev(rows) is None


@pytest.mark.fault("pretraining interrupted in the middle of a step", lost="nothing")
@pytest.mark.usefixtures("world")
def test_a_killed_pretraining_goes_on_to_the_same_bytes(monkeypatch, capsys, seen):
    params(machine={"checkpoint_seconds": 1e-9})
    call(pretrain, monkeypatch, "vgcl")
    whole = Path("models/vgcl/pretrained.safetensors").read_bytes()
    steps = []
    loss = PretrainingTask.loss

    def dying(self, model, rows, step):
        steps.append(step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return loss(self, model, rows, step)

    monkeypatch.setattr(PretrainingTask, "loss", dying)
    with pytest.raises(SystemExit):
        call(pretrain, monkeypatch, "vgcl")
    call(pretrain, monkeypatch, "vgcl")
    assert steps[3:5] == [3, 3]
    assert Path("models/vgcl/pretrained.safetensors").read_bytes() == whole
    said = capsys.readouterr()
    assert "resumed from" in said.out
    seen(f"'{said.err.strip().splitlines()[-1]}'; it went on, and ended with the same bytes")


def _gradient(given, kind, out, here):
    """The gradient of one batch of seven."""
    prepared = pretraining.kind_of(kind).prepare(given, kind, here.device)
    task, model = prepared.task, prepared.model
    if kind == "vqcpc":
        # Codes are else put on frames that chance draws.
        codes = model.network.quantiser
        codes.codes, codes.counts = torch.randn_like(codes.codes), torch.ones_like(codes.counts)
        codes.sums = codes.codes.clone()
    rows = np.array([0, 3, 5, 6, 7, 8, 11])
    terms = task.loss(model, here.share(rows), 0)
    (terms["total"] * here.weight(rows)).backward()
    here.sum_gradients(model)
    if here.is_first:
        gradients = {
            name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
        }
        # Not the accuracy: among few codes many scores tie, and rounding breaks the tie.
        figures = {name: terms[name].detach() for name in ("total", "bound")}
        checkpoints.save(out, gradients | figures, {})


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_tell_from_what_one_does(world, kind):
    found = []
    for processes in (1, 3):
        given = params(
            networks={"guide": {"dropout": 0.0}},
            # Each process draws its own dropout, and whom it mutes or blinds.
            pretrain={"align": {"dropout": 0.0}, "foretell": {"mute": 0.0, "blind": 0.0}},
            machine={"processes": processes},
        )
        out = world / f"{processes}.safetensors"
        on_ranks(given.machine, partial(_gradient, given, kind, out))
        found.append(checkpoints.load(out, "")[0])
    one, three = found
    assert one.keys() == three.keys()
    for key, expected in one.items():
        torch.testing.assert_close(three[key], expected, atol=1e-6, rtol=1e-4)
    assert max(float(gradient.abs().max()) for gradient in one.values()) > 1e-3


@pytest.mark.usefixtures("world")
def test_pretraining_breaks_off_after_a_stage_of_the_curriculum(monkeypatch):
    steps, bytes_of = {}, {}
    for stop in (None, 1, 3, 10):
        # 33 steps, 3 a stage, 3 an epoch.
        params(pretrain={"epochs": 11, "patience": 11}, curriculum={"stop": stop})
        call(pretrain, monkeypatch, "vgcl")
        steps[stop] = read_json(Path("metrics/stages/pretrain-vgcl.json"), "")["steps"]
        bytes_of[stop] = weights_of("models/vgcl/pretrained.safetensors")
    assert steps == {None: 33, 1: 6, 3: 12, 10: 33}
    assert all(torch.equal(bytes_of[10][key], tensor) for key, tensor in bytes_of[None].items())


@pytest.mark.usefixtures("world")
def test_a_stage_may_end_within_an_epoch(monkeypatch):
    # 6 steps in 11 stages: the first six have one each; of the second epoch's three steps one is done.
    params(pretrain={"epochs": 2}, curriculum={"stop": 3, "kappa": 5})
    call(pretrain, monkeypatch, "vgcl")
    assert read_json(Path("metrics/stages/pretrain-vgcl.json"), "")["steps"] == 4
    curve = pd.read_csv("plots/pretrain/vgcl.tsv", sep="\t")
    assert curve["epoch"].tolist() == [0, 1]
    assert curve["total"].between(0.1, 5).all()
