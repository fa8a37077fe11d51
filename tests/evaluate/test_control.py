import numpy as np
import pytest

from stages.evaluate.control import _others


@pytest.mark.parametrize("seed", range(5))
def test_each_query_is_asked_once_and_of_another_video(seed):
    video_of = np.repeat(np.arange(40), np.random.default_rng(seed).integers(1, 8, 40))
    np.random.default_rng(seed).shuffle(video_of)
    others = _others(video_of, seed)
    assert sorted(others) == list(range(len(video_of)))
    assert (video_of[others] != video_of).all()


def test_the_seed_decides_which():
    video_of = np.repeat(np.arange(30), 3)
    assert (_others(video_of, 0) == _others(video_of, 0)).all()
    assert (_others(video_of, 0) != _others(video_of, 1)).any()
