"""What probes must find where it is known what there is to be found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stages.systems.vgcl.guide_lift import guide_lift
from stages.training import probes
from stages.training.pretraining import kind_of
from stages.training.probes import auc, probe
from stages.training.queries import read_splits
from stages.training.truth import read_truth
from tests.training.worlds import params, write_corpus


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    write_corpus(tmp_path, {"train": 240, "dev": 120, "test": 6})
    return tmp_path


def vgcl():
    given = params(networks={"speech": {"width": 64}, "guide": {"self_attention": False}})
    train, dev = read_splits(given, "vgcl", "train", "dev").values()
    return kind_of("vgcl").fresh_model(given, train), train, dev


@pytest.mark.parametrize(
    ("scores", "wanted", "area"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([5, 5, 5, 5], [0, 1, 0, 1], 0.5),
        # Of four pairs three are in order: 3 > 1, 4 > 1, 4 > 3.5, but 3 < 3.5.
        ([1, 3.5, 3, 4], [0, 0, 1, 1], 0.75),
        # One pair tied: half of it counts.
        ([1, 3, 3, 4], [0, 0, 1, 1], 0.875),
    ],
)
def test_the_area_by_hand(scores, wanted, area):
    assert auc(np.array(scores, float), np.array(wanted, bool)) == area


@pytest.mark.usefixtures("world")
def test_words_in_the_sound_are_found():
    # "left" and "right" sound differently.
    assert probe(*vgcl(), 16, "fp32")["words_auc"] > 95


@pytest.mark.usefixtures("world")
def test_speakers_are_found_where_they_sound_different_and_else_by_chance():
    model, train, dev = vgcl()
    for data in (train, dev):
        data.table["speaker"] = np.where(data.table["query_id"].str.endswith("-1"), "a", "b")
    assert probe(model, train, dev, 16, "fp32")["speakers"] > 85
    by_chance = []
    for seed in range(10):
        drawn = np.random.default_rng(seed)
        for data in (train, dev):
            data.table["speaker"] = drawn.choice(["a", "b", "c", "d"], len(data))
        by_chance.append(probe(model, train, dev, 16, "fp32")["speakers"])
    assert np.mean(by_chance) == pytest.approx(25, abs=4)
    # With one speaker there is none to distinguish.
    train.table["speaker"] = "a"
    assert "speakers" not in probe(model, train, dev, 16, "fp32")


@pytest.mark.usefixtures("world")
def test_words_that_are_not_in_the_sound_are_not_found():
    model, train, dev = vgcl()
    by_chance = []
    for seed in range(10):
        drawn = np.random.default_rng(seed)
        for data in (train, dev):
            data.table["caption"] = drawn.permutation(data.table["caption"])
        by_chance.append(probe(model, train, dev, 16, "fp32")["words_auc"])
    assert np.mean(by_chance) == pytest.approx(50, abs=4)


@pytest.mark.usefixtures("world")
def test_words_are_read_off_the_speech_and_not_off_the_video():
    model, train, dev = vgcl()
    other = [replace(data, videos=data.videos + 5) for data in (train, dev)]
    assert probe(model, train, dev, 16, "fp32") == probe(model, *other, 16, "fp32")


@pytest.mark.usefixtures("world")
def test_even_attention_has_no_lift_and_attention_to_the_moment_has():
    model, _, dev = vgcl()
    guide, truth = model.network.guide, read_truth("dev")
    torch.nn.init.zeros_(guide.query.weight)
    torch.nn.init.zeros_(guide.query.bias)
    assert guide_lift(model, dev, truth, 16, "fp32") == pytest.approx(1.0, abs=1e-3)

    def looks_at_the_first_event(latents, inputs):
        """All weight on frame 2 of 8: within a moment from 2 to 8 s of 20, not within one from 10 to 16."""
        weights = torch.zeros(len(latents), 1, latents.shape[1], inputs.video.shape[1])
        weights[..., 2] = 1.0
        return weights

    guide.attention = looks_at_the_first_event
    inside = torch.stack([truth.start, truth.end], 1).mul(8).round()
    hits = (inside[:, 0] <= 2) & (inside[:, 1] > 2)
    lengths = inside[:, 1] - inside[:, 0]
    wanted = float((hits * 8 / lengths).mean())
    assert wanted > 1
    assert guide_lift(model, dev, truth, 16, "fp32") == pytest.approx(wanted, abs=1e-3)


@pytest.mark.usefixtures("world")
def test_a_word_needs_enough_examples_and_not_all():
    _, train, dev = vgcl()
    said = [
        ["The red ball."] * 25 + ["The blue ball."] * 10 + ["The cube!"] * 30,
        ["the red ball"] * 6 + ["the blue cube"] * 6,
    ]
    parts = [
        replace(data, table=pd.DataFrame({"caption": captions}))
        for data, captions in zip((train, dev), said, strict=True)
    ]
    # "the" is in all of train and "ball" in most of it, "blue" in too few.
    assert probes._words(*parts) == ["cube", "red"]
