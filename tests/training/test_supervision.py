"""What each kind of supervision hands to an objective, and which epoch is kept."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from stages.training.grounding import ZeroShot
from stages.training.loop import Validation, train
from stages.training.model import Model
from stages.training.queries import read_splits
from stages.training.ranks import Ranks
from stages.training.supervision import Videos, negatives
from tests.training.worlds import params, write_corpus

HERE = Ranks(0, 1, torch.device("cpu"))


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    write_corpus(tmp_path)
    return read_splits(params(), "base", "train", "dev")


def test_negatives_are_of_another_video_and_in_other_words(parts):
    data = parts["train"]
    found = negatives(data, np.array([0, 1, 2, 3])).numpy()
    video, caption = data.video_of[:4], data.table["caption"][:4].to_numpy()
    for one in range(4):
        for other in range(4):
            expected = video[one] != video[other] and caption[one] != caption[other]
            assert found[one, other] == expected
    assert found.any()
    assert not found.all()


def test_queries_hold_no_moment(parts):
    for data in parts.values():
        assert {"start", "end"}.isdisjoint(data.table.columns)
        fields = {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
        truth = pd.read_parquet("data/corpus/queries.parquet").set_index("query_id")
        shares = (truth["start"] / truth["duration"])[data.table["query_id"]].to_numpy(np.float32)
        for value in fields.values():
            if isinstance(value, torch.Tensor) and value.shape == shares.shape:
                assert not np.allclose(value.numpy(), shares)


class Copying:
    """Learns to give each frame back. It is called with videos, and keeps what it was called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, model, videos, rng):
        self.calls.append((videos, rng))
        return {"total": (model.network(videos.frames) - videos.frames).square().mean()}


def test_zero_shot_learns_from_videos_alone(parts, tmp_path):
    given, objective = params(ground={"epochs": 4, "lr": 0.05, "warmup": 1}), Copying()
    losses = []

    def select(model, dev_loss):
        losses.append(dev_loss(model))
        return Validation(-losses[-1], {"dev_loss": losses[-1]})

    task = ZeroShot(parts["train"].videos, parts["dev"].videos, given, HERE.device, objective, select)
    torch.manual_seed(0)
    model = Model(nn.Linear(6, 6), 6, None)
    model.fit_scaling(parts["train"].videos)
    trained = train(model, task, given.ground, given.machine, 0, tmp_path, HERE)
    assert losses[-1] < losses[0]
    assert trained.progress.best_epoch == int(np.argmin(losses))
    # Six videos in steps of four; no video comes twice because several queries ask of it.
    assert trained.progress.step == 4 * 2
    assert all(isinstance(videos, Videos) for videos, _ in objective.calls)
    assert {field.name for field in dataclasses.fields(Videos)} == {"frames", "mask"}
    names = {field.name for field in dataclasses.fields(ZeroShot)}
    assert names == {"train", "dev", "params", "device", "objective", "select"}
    # What is drawn follows from the seed and the step.
    first = [rng.bit_generator.state["state"] for _, rng in objective.calls]
    objective.calls.clear()
    (tmp_path / "again").mkdir()
    torch.manual_seed(0)
    again = Model(nn.Linear(6, 6), 6, None)
    again.fit_scaling(parts["train"].videos)
    train(again, task, given.ground, given.machine, 0, tmp_path / "again", HERE)
    assert [rng.bit_generator.state["state"] for _, rng in objective.calls] == first
    assert all(torch.equal(trained.weights[key], value) for key, value in again.state_dict().items())
