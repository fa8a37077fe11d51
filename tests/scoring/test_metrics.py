from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.common.errors import DataError
from stages.scoring.metrics import (
    KEYS,
    mean_metrics,
    metrics_of,
    score_moments,
    temporal_iou,
)


def iou(moment: tuple[float, float], truth: tuple[float, float]) -> float:
    """In a video of 10 s."""
    return temporal_iou(np.array([moment], float), np.array([truth], float), np.array([10.0])).item()


@pytest.mark.parametrize(
    ("moment", "truth", "expected"),
    [
        ((0, 5), (2.5, 7.5), 1 / 3),
        ((1, 4), (1, 4), 1),
        ((0, 3), (3, 6), 0),
        ((0, 1), (8, 9), 0),
        ((0, 10), (2.5, 5), 0.25),
        # Beyond the video nothing counts, on either side.
        ((5, 15), (5, 10), 1),
        ((0, 10), (5, 90), 0.5),
        ((-10, 5), (0, 5), 1),
        # No length, nothing to find: not even by a moment that equals it.
        ((5, 5), (5, 5), 0),
        ((2, 8), (5, 5), 0),
        ((5, 5), (2, 8), 0),
        ((8, 2), (2, 8), 0),
        ((12, 15), (11, 16), 0),
    ],
)
def test_iou_by_hand(moment, truth, expected):
    assert iou(moment, truth) == expected


@pytest.mark.parametrize("tenths", [1, 3, 5, 7])
@pytest.mark.parametrize("duration", [0.7, 9.99, 55.15, 173.82999999999998, 755.11])
def test_an_exact_tie_is_a_hit_and_a_hair_less_is_not(tenths, duration):
    truth = np.array([[0.0, duration]] * 2)
    moments = np.array([[[0.0, duration * tenths / 10]], [[0.0, duration * tenths / 10 - 1e-7]]])
    hits = score_moments(np.array(["a", "a"]), moments, truth, np.full(2, duration)).hit_by_1
    assert hits[:, (1, 3, 5, 7).index(tenths)].tolist() == [1, 0]


def test_metrics_by_hand():
    truth = np.array([[0.0, 4.0], [4.0, 8.0], [0.0, 8.0]])
    moments = np.array(
        [
            [[0.0, 4.0], [7.0, 8.0]],  # 1 at once
            [[0.0, 4.0], [4.0, 6.0]],  # 0, then 1/2
            [[0.0, 2.0], [0.0, 5.0]],  # 1/4, then 5/8
        ]
    )
    found = mean_metrics(score_moments(np.array(["a", "b", "c"]), moments, truth, np.full(3, 8.0)))
    assert found == {
        "R1_IoU0_1": 66.67, "R1_IoU0_3": 33.33, "R1_IoU0_5": 33.33, "R1_IoU0_7": 33.33,
        "R5_IoU0_1": 100.0, "R5_IoU0_3": 100.0, "R5_IoU0_5": 100.0, "R5_IoU0_7": 33.33,
        "mIoU": 41.67, "queries": 3,
    }  # fmt: skip


def test_the_file_has_these_keys_in_this_order():
    scores = score_moments(np.array(["a"]), np.array([[[0.0, 1.0]]]), np.array([[0.0, 0.5]]), np.ones(1))
    assert list(metrics_of(scores, resamples=10, seed=0)) == [
        "R1_IoU0_1", "R1_IoU0_3", "R1_IoU0_5", "R1_IoU0_7",
        "R5_IoU0_1", "R5_IoU0_3", "R5_IoU0_5", "R5_IoU0_7",
        "mIoU", "mIoU_low", "mIoU_high", "queries",
    ]  # fmt: skip


def test_a_sixth_moment_is_not_looked_at():
    moments = np.array([[[0.0, 0.1]] * 5 + [[0.5, 1.0]]])
    scores = score_moments(np.array(["a"]), moments, np.array([[0.5, 1.0]]), np.ones(1))
    assert mean_metrics(scores)["R5_IoU0_1"] == 0


def test_nothing_to_score_is_an_error():
    nothing = score_moments(np.empty(0, str), np.empty((0, 5, 2)), np.empty((0, 2)), np.empty(0))
    with pytest.raises(DataError, match="no query"):
        mean_metrics(nothing)


# Small numbers, so that ties with a threshold are common.
centiseconds = st.integers(0, 30) | st.integers(0, 12_000)
spans = st.tuples(centiseconds, centiseconds).map(sorted)
queries = st.tuples(st.integers(1, 10_000), spans, st.lists(spans, min_size=5, max_size=5))


@settings(max_examples=200, deadline=None)
@given(st.lists(queries, min_size=1, max_size=4))
def test_agrees_with_exact_arithmetic(drawn):
    """Independent: rational numbers, a query and a moment at a time."""
    expected = dict.fromkeys(KEYS[:9], Fraction(0))
    for duration, (start, end), moments in drawn:
        exact = []
        for first, last in moments:
            a, b, c, d = (min(Fraction(time), Fraction(duration)) for time in (first, last, start, end))
            shared = max(Fraction(0), min(b, d) - max(a, c))
            exact.append(shared / (b - a + d - c - shared) if shared else Fraction(0))
        expected["mIoU"] += exact[0] * 100 / len(drawn)
        for tenths in (1, 3, 5, 7):
            for count in (1, 5):
                hit = any(value * 10 >= tenths for value in exact[:count])
                expected[f"R{count}_IoU0_{tenths}"] += Fraction(100 * hit, len(drawn))
    duration, truth, moments = (np.array(column) / 100 for column in zip(*drawn, strict=True))
    found = mean_metrics(score_moments(np.array(["a"] * len(drawn)), moments, truth, duration))
    assert found.pop("queries") == len(drawn)
    for key, value in expected.items():
        assert found[key] == pytest.approx(float(value), abs=0.0051)


@given(spans, spans, st.integers(1, 20_000))
def test_iou_is_symmetric_and_1_only_for_equal_moments(one, other, duration):
    a, b, length = np.array([one]) / 100, np.array([other]) / 100, np.array([duration]) / 100
    found = temporal_iou(a, b, length)
    assert found == temporal_iou(b, a, length)
    equal = (np.minimum(a, length) == np.minimum(b, length)).all() and one[0] < min(one[1], duration)
    assert 0 <= found <= 1
    assert (found == 1) == equal
