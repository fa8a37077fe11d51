import itertools

import numpy as np
import pytest

from stages.scoring.bootstrap import interval_over_videos


def test_two_videos_by_enumeration():
    # Drawn twice from {a: 0, 0; b: 1}: aa 0, ab and ba 1/3, bb 1. Each end of the interval is a draw of 1/4.
    values, videos = np.array([0.0, 0.0, 1.0]), np.array(["a", "a", "b"])
    assert interval_over_videos(values, videos, resamples=2000, seed=0) == (0, 1)


def test_the_interval_is_that_of_all_possible_draws():
    values = np.array([0.1, 0.2, 0.9, 0.4, 0.6, 0.3, 0.8])
    videos = np.array(["a", "a", "b", "c", "c", "d", "e"])
    sums = {"a": 0.3, "b": 0.9, "c": 1.0, "d": 0.3, "e": 0.8}
    counts = {"a": 2, "b": 1, "c": 2, "d": 1, "e": 1}
    means = [
        sum(sums[v] for v in drawn) / sum(counts[v] for v in drawn)
        for drawn in itertools.product("abcde", repeat=5)
    ]
    expected = np.percentile(means, [2.5, 97.5])
    found = interval_over_videos(values, videos, resamples=20_000, seed=3)
    assert found == pytest.approx(expected, abs=0.01)


def test_queries_of_a_video_are_not_counted_as_independent():
    per_video = np.random.default_rng(0).random(50)
    videos = np.array([f"v{number}" for number in range(50)])
    alone = interval_over_videos(per_video, videos, 2000, seed=0)
    tenfold = interval_over_videos(np.repeat(per_video, 10), np.repeat(videos, 10), 2000, seed=0)
    assert tenfold == pytest.approx(alone)


def test_order_does_not_matter_and_the_seed_does():
    draw = np.random.default_rng(1)
    values, videos = draw.random(300), draw.integers(0, 60, 300).astype(str)
    order = draw.permutation(300)
    found = interval_over_videos(values, videos, 1200, seed=0)
    assert interval_over_videos(values[order], videos[order], 1200, seed=0) == pytest.approx(found, abs=1e-12)
    assert interval_over_videos(values, videos, 1200, seed=1) != found
    assert found[0] < values.mean() < found[1]
