import numpy as np
import pandas as pd
import pytest

from stages.common.artifacts import read_table, sha256_of, write_table
from stages.common.errors import DataError
from stages.scoring.answers import Answers, from_edges
from stages.scoring.metrics import metrics_of
from stages.scoring.predictions import (
    curves_of,
    missing_column,
    moments_of,
    prediction_table,
    score_predictions,
    truth_of,
)
from tests.evaluate.worlds import certain, distributions, queries


def test_an_oracle_earns_100():
    table = queries(40)
    # Moments on the grid, so that the grid can say them.
    for column, rounded in (("start", np.floor), ("end", np.ceil)):
        table[column] = rounded(table[column] / table["duration"] * 32) / 32 * table["duration"]
    found = metrics_of(
        score_predictions(prediction_table(table, from_edges(*certain(table, 32), 0.5))), 200, seed=0
    )
    assert found.pop("queries") == 40
    assert set(found.values()) == {100.0}


def test_the_file_has_the_agreed_columns_and_survives_the_disk(tmp_path):
    table = queries(6)
    made = prediction_table(table, from_edges(*distributions(6), nms=0.5))
    assert missing_column(made) is None
    assert list(made.columns) == [
        "query_id", "video_id", "duration", "start", "end",
        "start_1", "end_1", "score_1", "start_2", "end_2", "score_2", "start_3", "end_3", "score_3",
        "start_4", "end_4", "score_4", "start_5", "end_5", "score_5", "p_start", "p_end",
    ]  # fmt: skip
    write_table(tmp_path / "a.parquet", made)
    write_table(tmp_path / "b.parquet", made)
    assert sha256_of(tmp_path / "a.parquet") == sha256_of(tmp_path / "b.parquet")
    back = read_table(tmp_path / "a.parquet", "evaluate")
    assert back["p_start"][0].dtype == np.float32
    np.testing.assert_array_equal(np.stack(back["p_end"]), distributions(6)[1].astype(np.float32))
    np.testing.assert_array_equal(moments_of(back), moments_of(made))
    np.testing.assert_array_equal(score_predictions(back).iou, score_predictions(made).iou)


def test_rows_follow_the_queries_whatever_their_index():
    table, (p_start, p_end) = queries(12), distributions(12)
    order = np.random.default_rng(5).permutation(12)
    made = prediction_table(table, from_edges(p_start, p_end, 0.5))
    shuffled = prediction_table(table.iloc[order], from_edges(p_start[order], p_end[order], 0.5))
    back = shuffled.sort_values("query_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        back.drop(columns=["p_start", "p_end"]), made.drop(columns=["p_start", "p_end"])
    )
    one = metrics_of(score_predictions(made), 500, seed=0)
    assert metrics_of(score_predictions(shuffled), 500, seed=0) == one


def test_moments_are_in_seconds():
    table = queries(1)
    made = prediction_table(table, from_edges(np.eye(8)[[2]], np.eye(8)[[5]], 0.5))
    expected = [table["duration"][0] * 2 / 8, table["duration"][0] * 6 / 8]
    assert made.loc[0, ["start_1", "end_1"]].tolist() == pytest.approx(expected)
    assert moments_of(made)[0, 0] == pytest.approx(expected)
    truth, duration = truth_of(made)
    assert [*truth[0], duration[0]] == table.loc[0, ["start", "end", "duration"]].tolist()


@pytest.mark.parametrize("fault", [np.nan, np.inf, -0.1])
@pytest.mark.parametrize("side", [0, 1])
def test_a_network_that_gave_no_distribution_is_named_with_the_query(fault, side):
    both = distributions(4)
    both[side][2, 3] = fault
    with pytest.raises(DataError, match=r"'q0002' has no answer.*\(1 of 4 queries\)"):
        prediction_table(queries(4), from_edges(*both, 0.5))


def test_a_video_without_length_is_refused():
    table = queries(4)
    table.loc[1, "duration"] = 0.0
    with pytest.raises(DataError, match="'q0001' has a video without length"):
        prediction_table(table, from_edges(*distributions(4), 0.5))


def test_a_network_without_edges_has_a_relevance_curve():
    table = queries(3)
    moments = np.tile([[0.25, 0.5, 0.9]], (3, 5, 1))
    made = prediction_table(table, Answers(moments, {"relevance": np.full((3, 8), 0.5)}))
    assert missing_column(made) is None
    assert list(curves_of(made)) == ["relevance"]
    assert moments_of(made)[1, 0].tolist() == [table["duration"][1] / 4, table["duration"][1] / 2]
    assert missing_column(made.drop(columns="relevance")) == "p_start"
    assert missing_column(made.drop(columns="score_3")) == "score_3"
