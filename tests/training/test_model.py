"""What a model does to its inputs before the network sees them."""

import pytest
import torch
from torch import nn

from stages.common.params import load_params
from stages.training.model import Model
from tests.paths import ROOT

VIDEOS, FRAMES, FEATURES = 200, 5, 40


def shown(model):
    return model.scaled_video(torch.ones(VIDEOS, FRAMES, FEATURES))


def test_a_dropped_feature_is_missing_from_all_frames_of_its_video():
    torch.manual_seed(0)
    model = Model(nn.Linear(FEATURES, 1), FEATURES, None, 0.7)
    video = shown(model)
    missing = video == 0
    assert (missing == missing[:, :1]).all()
    # Others in each video, and as many as asked; what is left makes up for them.
    assert missing.float().mean().item() == pytest.approx(0.7, abs=0.02)
    assert len({tuple(row) for row in missing[:, 0].tolist()}) == VIDEOS
    assert video[~missing].unique().tolist() == pytest.approx([1 / 0.3])
    model.eval()
    assert (shown(model) == 1).all()


def test_nothing_is_dropped_and_no_chance_used_up_by_default():
    assert load_params(ROOT / "params.yaml").video.dropout == 0
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert (shown(Model(nn.Identity(), FEATURES, None)) == 1).all()
    assert torch.equal(torch.get_rng_state(), before)
