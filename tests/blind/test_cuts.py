"""The floor that sees cuts: found where features change, and then a guess."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stages.blind.cuts import cut_detector, segments, unlike_steps
from stages.blind.events import random_event


def joined(videos, seed=0):
    """Videos of four scenes of 3 to 9 steps of a second, each with its own feature and a little noise."""
    rng = np.random.default_rng(seed)
    features, rows = {}, []
    for number in range(videos):
        edges = np.cumsum([0, *rng.integers(3, 10, 4)])
        scenes = 4 * np.eye(16)[rng.permutation(16)[:4]]
        steps = np.concatenate([np.tile(scene, (end - start, 1)) for scene, start, end in
                                zip(scenes, edges[:-1], edges[1:], strict=True)])  # fmt: skip
        features[f"v{number}"] = (steps + rng.normal(size=steps.shape) / 20).astype(np.float16)
        rows += [(f"v{number}", float(edges[-1]), float(start), float(end))
                 for start, end in pairwise(edges)]  # fmt: skip
    return pd.DataFrame(rows, columns=["video_id", "duration", "start", "end"]), features


def test_segments_lie_between_the_cuts_and_cover_the_video():
    table, features = joined(5)
    found = segments(table, unlike_steps(table, features.__getitem__), 0.3)
    for video, own in table.groupby("video_id"):
        np.testing.assert_allclose(found[video], own[["start", "end"]].to_numpy(), atol=1e-6)


def test_where_cuts_are_clear_it_is_a_random_true_event():
    (train, seen), (test, unseen) = joined(40), joined(20, seed=1)
    test["video_id"], unseen = "t" + test["video_id"], {f"t{name}": one for name, one in unseen.items()}
    scores = cut_detector(train, test, {**seen, **unseen}.__getitem__)
    expected = random_event(test)
    np.testing.assert_allclose(scores.iou, expected.iou, atol=1e-6)
    assert scores.iou.mean() == pytest.approx(0.25)
    assert np.array_equal(scores.hit_by_5, expected.hit_by_5)


def test_a_video_of_one_step_is_one_segment():
    table = pd.DataFrame({"video_id": ["a"], "duration": [3.0], "start": [0.0], "end": [1.0]})
    found = segments(table, unlike_steps(table, lambda _: np.ones((1, 4), np.float16)), 0.1)
    assert found["a"].tolist() == [[0.0, 3.0]]
    assert cut_detector(table, table, lambda _: np.ones((1, 4), np.float16)).iou.tolist() == pytest.approx(
        [1 / 3]
    )
