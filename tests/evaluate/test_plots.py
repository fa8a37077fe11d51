import numpy as np
import pytest
from matplotlib.image import imread

from stages.common.artifacts import sha256_of
from stages.evaluate.histogram import iou_histogram
from stages.evaluate.timeline import choose, timeline
from stages.scoring.answers import from_edges
from stages.scoring.metrics import temporal_iou
from stages.scoring.predictions import moments_of, prediction_table, truth_of
from tests.evaluate.worlds import distributions, queries


def predicted(count: int):
    return prediction_table(queries(count), from_edges(*distributions(count), nms=0.5))


def test_bins_by_hand():
    found = iou_histogram(np.array([0.0, 0.05, 0.1, 0.3, 0.7, 0.95, 1.0]))
    assert [entry["count"] for entry in found] == [2, 1, 0, 1, 0, 0, 0, 1, 0, 2]
    assert found[0]["IoU"] == "0.0-0.1"
    assert found[9] == {"IoU": "0.9-1.0", "count": 2}


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7])
def test_bins_agree_with_hits(threshold):
    iou = np.array([np.nextafter(threshold, 0), threshold, np.nextafter(threshold, 1)])
    counts = [entry["count"] for entry in iou_histogram(iou)]
    assert sum(counts[round(10 * threshold) :]) == (iou >= threshold).sum() == 2


def test_the_best_the_median_and_the_worst_are_shown():
    table = predicted(41)
    iou = temporal_iou(moments_of(table)[:, 0], *truth_of(table))
    chosen = choose(table)
    assert list(chosen) == [1, 11, 21, 31, 41]
    assert list(iou[list(chosen.values())]) == list(np.sort(iou)[::-1][[0, 10, 20, 30, 40]])


def test_the_choice_does_not_depend_on_the_order_of_rows():
    table = predicted(40)
    shuffled = table.sample(frac=1, random_state=3)
    ids = table["query_id"].to_numpy()[list(choose(table).values())]
    assert (shuffled["query_id"].to_numpy()[list(choose(shuffled).values())] == ids).all()


def test_the_picture_is_wide_enough_and_the_same_each_time(tmp_path):
    table = predicted(12)
    # Nothing in a caption or a name may start a formula.
    captions = dict.fromkeys(table["query_id"], r"costs $\nothing$" + " for a very long time" * 9)
    for name in ("a.png", "b.png"):
        timeline(tmp_path / name, table, r"base $\nothing$", captions)
    picture = imread(tmp_path / "a.png")
    assert picture.shape[1] >= 900
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 5
    assert sha256_of(tmp_path / "a.png") == sha256_of(tmp_path / "b.png")


def test_one_query_can_be_drawn(tmp_path):
    timeline(tmp_path / "one.png", predicted(1), "base", {})
    assert (tmp_path / "one.png").stat().st_size > 1000
