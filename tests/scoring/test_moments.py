import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.scoring.moments import top_moments


def one_hot(cell: int, frames: int) -> np.ndarray:
    return np.eye(frames)[[cell]]


def slow_top(p_start: np.ndarray, p_end: np.ndarray, duration: float, count: int, suppression: float) -> list:
    """Independent: plain loops over cells, Python's own sort, sets of cells for IoU."""
    frames = len(p_start)
    segments = [(s, e) for s in range(frames) for e in range(s, frames)]
    segments.sort(key=lambda segment: (-float(p_start[segment[0]]) * float(p_end[segment[1]]), segment))
    kept: list[tuple[int, int]] = []
    for s, e in segments:
        cells = set(range(s, e + 1))
        overlaps = [len(cells & set(range(a, b + 1))) / len(cells | set(range(a, b + 1))) for a, b in kept]
        if len(kept) < count and all(overlap <= suppression for overlap in overlaps):
            kept.append((s, e))
    found = [
        (s / frames * duration, (e + 1) / frames * duration, float(p_start[s]) * float(p_end[e]))
        for s, e in kept
    ]
    return found + [(*found[0][:2], 0.0)] * (count - len(found))


def test_the_end_cell_belongs_to_the_moment():
    found = top_moments(one_hot(2, 8), one_hot(3, 8), np.array([16.0]), 1, 0.5)
    assert found.tolist() == [[[4.0, 8.0, 1.0]]]


def test_a_moment_of_all_cells_ends_with_the_video_exactly():
    found = top_moments(one_hot(0, 64), one_hot(63, 64), np.array([173.82999999999998]), 1, 0.5)
    assert found[0, 0, :2].tolist() == [0.0, 173.82999999999998]


def test_the_choice_is_joint_and_never_ends_before_it_starts():
    # Each argmax alone says start 3, end 0; the best allowed pairs are (0, 0): .4·.6 and (3, 3): .6·.4.
    p_start, p_end = np.array([[0.4, 0, 0, 0.6]]), np.array([[0.6, 0, 0, 0.4]])
    found = top_moments(p_start, p_end, np.array([4.0]), 2, 0.5)
    assert found[0, :, :2].tolist() == [[0, 1], [3, 4]]
    assert found[0, :, 2] == pytest.approx([0.24, 0.24])


def test_suppression_drops_what_overlaps_more_than_the_threshold():
    p_start, p_end = np.array([[0.6, 0.3, 0.1, 0]]), np.array([[0.0, 0.2, 0.2, 0.6]])
    # Cells 0..3 come first (.36), then 1..3 (.18, IoU 3/4), 0..1 (.12, 1/2), 0..2 (.12, 3/4), 1..1 (.06).
    found = top_moments(p_start, p_end, np.array([4.0]), 3, 0.5)
    # IoU equal to the threshold is not above it: 0..1 stays. 1..1 is half of it, and stays too.
    assert found[0, :, :2].tolist() == [[0, 4], [0, 2], [1, 2]]
    found = top_moments(p_start, p_end, np.array([4.0]), 3, 0.75)
    assert found[0, :, :2].tolist() == [[0, 4], [1, 4], [0, 2]]


def test_too_few_segments_repeat_the_best_with_score_0():
    whole = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    found = top_moments(*whole, np.array([10.0]), 5, 0.0)
    assert found[0].tolist() == [[0, 10, pytest.approx(0.81)], *[[0, 10, 0]] * 4]


def test_no_query_gives_no_moments():
    assert top_moments(np.empty((0, 4)), np.empty((0, 4)), np.empty(0), 5, 0.5).shape == (0, 5, 3)


def test_a_query_is_answered_alike_in_any_company():
    draw = np.random.default_rng(0)
    p_start, p_end = draw.dirichlet(np.ones(16), (2, 600))
    duration = draw.uniform(1, 100, 600)
    together = top_moments(p_start, p_end, duration, 5, 0.5)
    for row in (0, 255, 256, 599):
        alone = top_moments(p_start[[row]], p_end[[row]], duration[[row]], 5, 0.5)
        np.testing.assert_array_equal(alone[0], together[row])


# Few distinct values, so that equal scores are common.
tenths = st.integers(0, 10).map(lambda tenth: tenth / 10)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 9), st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0]))
def test_agrees_with_a_slow_implementation(data, frames, suppression):
    p_start, p_end = data.draw(arrays(np.float64, (2, frames), elements=tenths))
    fast = top_moments(p_start[None], p_end[None], np.array([37.5]), 5, suppression)[0]
    slow = slow_top(p_start, p_end, 37.5, 5, suppression)
    assert fast.tolist() == [list(moment) for moment in slow]
