import itertools

import numpy as np
import pytest

from stages.blind.windows import (
    BlindPredictor,
    best_blind,
    fit_blind,
    greedy,
    grid_windows,
    prior_windows,
    window_iou,
)
from stages.scoring.metrics import THRESHOLDS, mean_metrics
from stages.scoring.predictions import truth_of
from tests.evaluate.worlds import queries

Truth = tuple[np.ndarray, np.ndarray]
WHOLE: Truth = np.tile([0.0, 30.0], (9, 1)), np.full(9, 30.0)


def fitted(train: Truth) -> list[BlindPredictor]:
    return fit_blind(*train, grid=10, frames=16, nms=0.5)


def test_the_windows_of_a_small_grid():
    assert grid_windows(2).tolist() == [[0, 0.5], [0, 1], [0.5, 1]]
    assert len(grid_windows(20)) == 210


def test_each_criterion_gets_its_best_window_on_train():
    train = truth_of(queries(300))
    found = {predictor.name: predictor.windows[0] for predictor in fitted(train)}
    windows = grid_windows(10)
    iou = window_iou(windows, *train)
    assert found["window for mIoU"].tolist() == windows[iou.mean(axis=1).argmax()].tolist()
    for threshold in THRESHOLDS:
        best = windows[(iou >= threshold).mean(axis=1).argmax()]
        assert found[f"window for R@{threshold}"].tolist() == best.tolist()


def test_greedy_by_hand():
    gains = np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0]], dtype=bool)
    # Window 1 hits as many as window 0 but later; then it adds one, as window 2 does, and comes first.
    assert greedy(gains, 3) == [0, 1, 2]
    assert greedy(gains, 2, covered=np.array([1, 1, 1, 1, 0, 0], dtype=bool)) == [2, 0]


def test_greedy_reaches_what_exhaustive_search_may_only_little_exceed():
    gains = np.random.default_rng(2).random((12, 80)) > 0.8
    picked = gains[greedy(gains, 3)].any(axis=0).mean()
    best = max(gains[list(three)].any(axis=0).mean() for three in itertools.combinations(range(12), 3))
    assert (1 - 1 / np.e) * best <= picked <= best


def test_five_windows_hit_more_than_one():
    train = truth_of(queries(300))
    for predictor in fitted(train):
        found = mean_metrics(predictor.score(np.arange(300).astype(str), *train))
        assert predictor.windows.shape == (5, 2)
        assert found["R5_IoU0_3"] > found["R1_IoU0_3"]
        assert found["mIoU"] == pytest.approx(100 * predictor.train_miou, abs=0.005)


def test_the_blind_row_is_the_best_on_train():
    predictors = fitted(truth_of(queries(200)))
    assert best_blind(predictors).train_miou == max(predictor.train_miou for predictor in predictors)
    assert best_blind(predictors).name == "window for mIoU"
    assert best_blind(fitted(WHOLE)).name == "whole video"


def test_the_same_windows_stand_in_the_table_once():
    for train in (WHOLE, truth_of(queries(200))):
        windows = [predictor.windows.tobytes() for predictor in fitted(train)]
        assert len(windows) == len(set(windows))
    # Where all moments span the video, the window for mIoU is the whole of it.
    assert "window for mIoU" not in [predictor.name for predictor in fitted(WHOLE)]


def test_the_prior_is_the_commonest_start_with_the_commonest_end():
    truth = np.array([[0.0, 4.0], [0.5, 4.5], [5.0, 9.0], [0.0, 4.2]])
    # On ten cells: starts in 0 (three times) and 5, ends in 3, 4 (twice) and 8.
    assert prior_windows(truth, np.full(4, 10.0), frames=10, nms=0.5)[0].tolist() == [0, 0.5]


def test_the_prior_takes_moments_that_reach_the_borders():
    truth = np.array([[0.0, 9.0], [0.0, 10.0], [9.0, 9.0]])
    assert prior_windows(truth, np.full(3, 9.0), 8, 0.5)[0].tolist() == [0, 1]


def test_blind_predictors_answer_by_duration_alone():
    predictor = fitted(truth_of(queries(100)))[0]
    truth, duration = truth_of(queries(50, seed=1))
    videos = np.array([f"v{number}" for number in range(50)])
    order = np.random.default_rng(0).permutation(50)
    iou = predictor.score(videos, truth, duration).iou
    np.testing.assert_array_equal(
        predictor.score(videos[order], truth[order], duration[order]).iou, iou[order]
    )


def test_a_grid_of_fewer_than_five_windows_still_answers_five():
    predictor = fit_blind(*truth_of(queries(20)), grid=1, frames=2, nms=0.5)[0]
    assert predictor.windows.tolist() == [[0, 1]] * 5
