"""A video is seen once by each model, and only so many of them are remembered."""

import gc

import numpy as np
import pytest
from torch import nn

from stages.common.errors import DataError
from stages.corpus.features import IMPORTED
from stages.tools.ask import Grounder, memory
from tests.tools.ask.world import RATE, checkout, speech

QUERY = (speech(), RATE)


def counted(grounder):
    """How often the model sees a video."""
    seen, see = [], grounder.model.see
    grounder.model.see = lambda inputs: seen.append(len(inputs.video)) or see(inputs)
    return seen


@pytest.mark.parametrize("name", ["base", "vgcl", "vslnet"])
def test_a_video_is_seen_once_and_asked_often(project, clip, name):
    checkout(project, (name,))
    grounder = Grounder.load(f"models/{name}")
    seen, video = counted(grounder), grounder.video(clip)
    first = grounder.ground(video, QUERY)
    grounder.ground(video, (speech(1.0, 1), RATE))
    again = grounder.ground(video, QUERY)
    several = grounder.ground_all(video, [QUERY, (speech(1.0, 1), RATE)])
    assert seen == [1]
    np.testing.assert_array_equal(again.curves["p_start"], first.curves["p_start"])
    np.testing.assert_allclose(several[0].curves["p_start"], first.curves["p_start"], atol=1e-6)
    anew = grounder.ground(grounder.video(clip), QUERY)
    assert seen == [1, 1]
    np.testing.assert_array_equal(anew.curves["p_start"], first.curves["p_start"])


def test_a_video_can_be_seen_before_anything_is_asked(project, clip):
    grounder = Grounder.load(project / "models/base")
    seen, video = counted(grounder), grounder.video(clip)
    grounder.see(video)
    assert seen == [1]
    grounder.ground(video, QUERY)
    assert seen == [1]


def test_each_model_sees_for_itself(project, clip):
    checkout(project, ("base", "vgcl"))
    models = [Grounder.load(f"models/{name}") for name in ("base", "vgcl")]
    video = models[0].video(clip)
    apart = [model.ground(model.video(clip), QUERY).curves["p_start"] for model in models]
    for model, expected in zip(models, apart, strict=True):
        np.testing.assert_array_equal(model.ground(video, QUERY).curves["p_start"], expected)
    assert np.abs(apart[0] - apart[1]).max() > 1e-4


def test_a_network_that_takes_both_together_is_asked_as_before(project, clip):
    grounder = Grounder.load(project / "models/base")
    video = grounder.video(clip)
    expected = grounder.ground(video, QUERY)
    grounder.model.network = nn.Sequential(grounder.model.network)
    other = grounder.ground(grounder.video(clip), QUERY)
    np.testing.assert_allclose(other.curves["p_start"], expected.curves["p_start"], atol=1e-6)


def test_only_the_last_videos_are_remembered(project, clip, monkeypatch):
    monkeypatch.setattr(memory, "MOST", 2)
    grounder = Grounder.load(project / "models/base")
    seen, videos = counted(grounder), [grounder.video(clip) for _ in range(3)]
    for number in (0, 1, 0, 2):
        grounder.ground(videos[number], QUERY)
    assert len(seen) == 3
    # Of the first two, 0 was asked about last.
    grounder.ground(videos[0], QUERY)
    assert len(seen) == 3
    grounder.ground(videos[1], QUERY)
    assert len(seen) == 4
    assert len(grounder.memory) == 2


def test_a_video_that_nobody_holds_is_forgotten(project, clip):
    grounder = Grounder.load(project / "models/base")
    video = grounder.video(clip)
    grounder.ground(video, QUERY)
    assert len(grounder.memory) == 1
    del video
    gc.collect()
    assert len(grounder.memory) == 0


def test_a_video_of_another_model_is_refused_though_it_was_seen(project, clip):
    grounder = Grounder.load(project / "models/base")
    video = grounder.video(clip)
    grounder.ground(video, QUERY)
    checkout(project, features=IMPORTED, width=6)
    with pytest.raises(DataError, match="base was trained on 6"):
        Grounder.load(project / "models/base").ground(video, QUERY)
    video.features = np.zeros((8, 5), np.float16)
    with pytest.raises(DataError, match="has 5 numbers per step"):
        grounder.ground(video, QUERY)
