import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.scoring.answers import from_edges, ranked
from stages.scoring.moments import Candidates, relevance, runs_of, top_moments


def top(p_start: np.ndarray, p_end: np.ndarray, duration: np.ndarray, count: int, nms: float) -> np.ndarray:
    """The moments in seconds, out of distributions of start and end."""
    candidates = runs_of(p_start[:, :, None].astype(np.float64) * p_end[:, None])
    answers = ranked(candidates, {"p_start": p_start, "p_end": p_end}, nms, count)
    return answers.in_seconds(duration)


def one_hot(cell: int, frames: int) -> np.ndarray:
    return np.eye(frames)[[cell]]


def slow_top(p_start: np.ndarray, p_end: np.ndarray, duration: float, count: int, nms: float) -> list:
    """Independent: plain loops over cells, Python's own sort, sets of cells for IoU."""
    frames = len(p_start)
    segments = [(s, e) for s in range(frames) for e in range(s, frames)]
    segments.sort(key=lambda segment: (-float(p_start[segment[0]]) * float(p_end[segment[1]]), segment))
    kept: list[tuple[int, int]] = []
    for s, e in segments:
        cells = set(range(s, e + 1))
        overlaps = [len(cells & set(range(a, b + 1))) / len(cells | set(range(a, b + 1))) for a, b in kept]
        if len(kept) < count and all(overlap <= nms for overlap in overlaps):
            kept.append((s, e))
    found = [
        (s / frames * duration, (e + 1) / frames * duration, float(p_start[s]) * float(p_end[e]))
        for s, e in kept
    ]
    return found + [(*found[0][:2], 0.0)] * (count - len(found))


def test_the_end_cell_belongs_to_the_moment():
    found = top(one_hot(2, 8), one_hot(3, 8), np.array([16.0]), 1, 0.5)
    assert found.tolist() == [[[4.0, 8.0, 1.0]]]


def test_a_moment_of_all_cells_ends_with_the_video_exactly():
    found = top(one_hot(0, 64), one_hot(63, 64), np.array([173.82999999999998]), 1, 0.5)
    assert found[0, 0, :2].tolist() == [0.0, 173.82999999999998]


def test_the_choice_is_joint_and_never_ends_before_it_starts():
    # Each argmax alone says start 3, end 0; the best allowed pairs are (0, 0): .4·.6 and (3, 3): .6·.4.
    p_start, p_end = np.array([[0.4, 0, 0, 0.6]]), np.array([[0.6, 0, 0, 0.4]])
    found = top(p_start, p_end, np.array([4.0]), 2, 0.5)
    assert found[0, :, :2].tolist() == [[0, 1], [3, 4]]
    assert found[0, :, 2] == pytest.approx([0.24, 0.24])


def test_nms_drops_what_overlaps_more_than_the_threshold():
    p_start, p_end = np.array([[0.6, 0.3, 0.1, 0]]), np.array([[0.0, 0.2, 0.2, 0.6]])
    # Cells 0..3 come first (.36), then 1..3 (.18, IoU 3/4), 0..1 (.12, 1/2), 0..2 (.12, 3/4), 1..1 (.06).
    found = top(p_start, p_end, np.array([4.0]), 3, 0.5)
    # IoU equal to the threshold is not above it: 0..1 stays. 1..1 is half of it, and stays too.
    assert found[0, :, :2].tolist() == [[0, 4], [0, 2], [1, 2]]
    found = top(p_start, p_end, np.array([4.0]), 3, 0.75)
    assert found[0, :, :2].tolist() == [[0, 4], [1, 4], [0, 2]]


def test_too_few_segments_repeat_the_best_with_score_0():
    whole = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    found = top(*whole, np.array([10.0]), 5, 0.0)
    assert found[0].tolist() == [[0, 10, pytest.approx(0.81)], *[[0, 10, 0]] * 4]


def test_no_query_gives_no_moments():
    assert top(np.empty((0, 4)), np.empty((0, 4)), np.empty(0), 5, 0.5).shape == (0, 5, 3)


def test_a_query_is_answered_alike_in_any_company():
    draw = np.random.default_rng(0)
    p_start, p_end = draw.dirichlet(np.ones(16), (2, 600))
    duration = draw.uniform(1, 100, 600)
    together = top(p_start, p_end, duration, 5, 0.5)
    for row in (0, 255, 256, 599):
        alone = top(p_start[[row]], p_end[[row]], duration[[row]], 5, 0.5)
        np.testing.assert_array_equal(alone[0], together[row])


# Few distinct values, so that equal scores are common.
tenths = st.integers(0, 10).map(lambda tenth: tenth / 10)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 9), st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0]))
def test_agrees_with_a_slow_implementation(data, frames, nms):
    p_start, p_end = data.draw(arrays(np.float64, (2, frames), elements=tenths))
    fast = top(p_start[None], p_end[None], np.array([37.5]), 5, nms)[0]
    slow = slow_top(p_start, p_end, 37.5, 5, nms)
    assert fast.tolist() == [list(moment) for moment in slow]


def test_candidates_of_any_place_are_ranked_by_row():
    spans = np.array([[[0.0, 2.5], [0.5, 2.5], [5.0, 6.0]], [[1.0, 2.0], [3.0, 4.5], [3.0, 4.4]]])
    found = top_moments(Candidates(spans, np.array([[0.2, 0.9, 0.5], [0.1, 0.3, 0.8]])), 2, 0.5)
    # IoU 2 / 2.5 = 0.8 drops the first of row 0; 1.4 / 1.5 the second of row 1.
    assert found[:, :, :2].tolist() == [[[0.5, 2.5], [5.0, 6.0]], [[3.0, 4.4], [1.0, 2.0]]]


def test_minus_infinity_is_no_candidate():
    joint = np.full((1, 3, 3), -np.inf)
    joint[0, 1, 2] = 0.4
    found = top_moments(runs_of(joint), 3, 1.0)
    assert found[0].tolist() == [[1, 3, 0.4], [1, 3, 0], [1, 3, 0]]
    assert relevance(runs_of(joint), 3).tolist() == [[0, pytest.approx(0.4), pytest.approx(0.4)]]


def test_a_span_without_length_takes_nothing_away():
    spans = np.array([[[1.0, 1.0], [0.0, 2.0]]])
    found = top_moments(Candidates(spans, np.array([[0.9, 0.8]])), 2, 0.0)
    assert found[0, :, 2].tolist() == [0.9, 0.8]


def test_relevance_is_the_best_score_that_holds_the_frame():
    spans = np.array([[[0.0, 2.0], [1.0, 4.0], [2.6, 2.9]]])
    curve = relevance(Candidates(spans, np.array([[0.5, 0.25, 1.0]])), 5)
    # The third lies between two middles of frames, so no frame is its.
    assert curve.tolist() == [[0.5, 0.5, 0.25, 0.25, 0.0]]


def test_the_moments_of_edges_are_shares_of_the_video():
    answers = from_edges(one_hot(1, 4), one_hot(2, 4), 0.5)
    assert answers.moments[0, 0].tolist() == [0.25, 0.75, 1.0]
    assert list(answers.curves) == ["p_start", "p_end"]
