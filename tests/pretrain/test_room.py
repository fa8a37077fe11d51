"""Pretraining on a tiny world: what it leaves, and what grounding makes of it."""

import sys
from pathlib import Path

import pytest
import torch

from stages.common.artifacts import read_json
from stages.common.errors import DataError
from stages.evaluate.method import evaluate
from stages.ground.__main__ import main as ground
from stages.pretrain.__main__ import main as pretrain
from stages.pretrain.task import Lessons
from stages.training import checkpoints, pretrained
from stages.training.queries import read_splits
from tests.training.worlds import params, write_corpus

KINDS = ["cpc", "vqcpc", "vgcl", "aligned"]


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
@pytest.mark.parametrize("kind", KINDS)
def test_grounding_starts_from_what_pretraining_leaves(monkeypatch, kind):
    # At rate 0 what is learned stays to the last bit, the norms' statistics too.
    epochs = params(methods={kind: {"encoder_rate": 0.0}}).pretrain_of(kind).epochs
    call(pretrain, monkeypatch, kind)
    call(ground, monkeypatch, kind)
    taught = weights_of(f"models/{kind}/pretrained.safetensors")
    found = weights_of(f"models/{kind}/grounding.safetensors")
    kept = {key: tensor for key, tensor in taught.items() if key.startswith(("encoder.", "guide."))}
    for key, tensor in kept.items():
        place = key if kind == "vgcl" else key.removeprefix("encoder.")
        assert torch.equal(found[f"network.query.first.{place}"], tensor), key
    facts = read_json(Path(f"metrics/stages/pretrain-{kind}.json"), "pretrain")
    assert facts["steps"] == 3 * epochs
    assert Path(f"plots/pretrain/{kind}.tsv").read_text().count("\n") == 1 + epochs
    steps = Path(f"plots/curriculum/{kind}.tsv").read_text().count("\n") - 1
    assert steps == (3 * epochs if kind == "vgcl" else 1)


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
def test_a_later_change_of_the_curriculum_leaves_a_trained_model_as_it_is(monkeypatch, tmp_path):
    given = params()
    call(pretrain, monkeypatch, "vgcl")
    call(ground, monkeypatch, "vgcl")
    from stages.blind.__main__ import main as blind

    blind()
    evaluate(given, "vgcl")
    before = (tmp_path / "metrics/vgcl.json").read_text()
    evaluate(params(curriculum={"self_attention": False}, pretrain={"guide": {"heads": 1}}), "vgcl")
    assert (tmp_path / "metrics/vgcl.json").read_text() == before


@pytest.mark.usefixtures("world")
def test_weights_taught_for_another_encoder_are_refused(monkeypatch):
    params()
    call(pretrain, monkeypatch, "cpc")
    other = params(networks={"speech": {"width": 16}})
    with pytest.raises(DataError, match=r"pretrained with other speech.*dvc repro -sf pretrain@cpc"):
        pretrained.read_facts(other, "cpc")


@pytest.mark.usefixtures("world")
def test_the_window_grows_from_the_moment_to_the_whole_video():
    given = params(pretrain={"epochs": 11, "batch": 4})
    parts = read_splits(given, "vgcl", "train", "dev")
    task = Lessons(parts["train"], parts["dev"], given, torch.device("cpu"), "vgcl")
    assert task.budget == [3] * 11
    rows, gamma = task.train.video_of[:4] * 0 + range(4), torch.ones(4, 2)
    moments = torch.stack([task.train.start[:4], task.train.end[:4]], 1)
    torch.testing.assert_close(task._window(rows, 0, gamma), moments)
    half = task._window(rows, 17, gamma)
    torch.testing.assert_close(half[:, 0], moments[:, 0] / 2)
    assert task._window(rows, 32, gamma * 0.1).tolist() == [[0.0, 1.0]] * 4


@pytest.mark.usefixtures("world")
def test_a_killed_pretraining_goes_on_to_the_same_bytes(monkeypatch):
    params(machine={"checkpoint_seconds": 1e-9})
    call(pretrain, monkeypatch, "vgcl")
    whole = Path("models/vgcl/pretrained.safetensors").read_bytes()
    seen = []
    loss = Lessons.loss

    def dying(self, model, rows, step):
        seen.append(step)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return loss(self, model, rows, step)

    monkeypatch.setattr(Lessons, "loss", dying)
    with pytest.raises(SystemExit):
        call(pretrain, monkeypatch, "vgcl")
    call(pretrain, monkeypatch, "vgcl")
    assert seen[3:5] == [3, 3]
    assert Path("models/vgcl/pretrained.safetensors").read_bytes() == whole
