import itertools

import numpy as np
import pandas as pd
import pytest

from stages.blind.events import random_event
from stages.scoring.metrics import mean_metrics, temporal_iou
from stages.scoring.predictions import truth_of
from tests.evaluate.worlds import queries


def test_two_events_by_hand():
    table = pd.DataFrame(
        {"video_id": ["a", "a", "b"], "duration": [10.0, 10.0, 8.0],
         "start": [0.0, 2.0, 1.0], "end": [4.0, 4.0, 5.0]}
    )  # fmt: skip
    scores = random_event(table)
    # In video a, own event 1 and the other 2/4; video b has one event, which is right.
    assert scores.iou.tolist() == [0.75, 0.75, 1]
    assert scores.hit_by_1.tolist() == [[1, 1, 1, 0.5], [1, 1, 1, 0.5], [1, 1, 1, 1]]
    assert (scores.hit_by_5 == 1).all()


def test_five_of_seven_events_by_enumeration():
    table = queries(7, per_video=7)
    table["duration"] = 100.0
    table["start"] = np.arange(7) * 14.0
    table["end"] = table["start"] + 13
    scores = random_event(table)
    assert scores.iou == pytest.approx(np.full(7, 1 / 7))
    draws = list(itertools.combinations(range(7), 5))
    assert scores.hit_by_5 == pytest.approx(np.full((7, 4), sum(0 in draw for draw in draws) / len(draws)))


def test_two_captions_of_one_event_count_once():
    table = pd.DataFrame(
        {"video_id": ["a"] * 3, "duration": [10.0] * 3, "start": [0.0, 0.0, 6.0], "end": [4.0, 4.0, 9.0]}
    )
    assert random_event(table).iou.tolist() == [0.5, 0.5, 0.5]


def test_drawing_many_times_comes_to_the_expectation():
    table = queries(40).sample(frac=1, random_state=0)
    scores = random_event(table)
    draw = np.random.default_rng(0)
    truth, duration = truth_of(table)
    videos = table["video_id"].to_numpy()
    for row in (0, 7, 31):
        events = truth[videos == videos[row]]
        drawn = temporal_iou(events[draw.integers(0, len(events), 20_000)], truth[[row]], duration[[row]])
        assert scores.iou[row] == pytest.approx(drawn.mean(), abs=0.02)
        assert scores.hit_by_1[row, 1] == pytest.approx((drawn >= 0.3).mean(), abs=0.02)


def test_videos_with_one_event_are_always_right():
    found = mean_metrics(random_event(queries(5, per_video=1)))
    assert (found["mIoU"], found["R1_IoU0_7"]) == (100, 100)
