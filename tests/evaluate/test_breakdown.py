import numpy as np
import pandas as pd

from stages.evaluate.breakdown import by_caption, by_length, by_snr, by_speaker, table_of
from stages.scoring.metrics import QueryScores


def scores(iou: list[float]) -> QueryScores:
    hits = (np.array(iou)[:, None] >= (0.1, 0.3, 0.5, 0.7)).astype(float)
    return QueryScores(np.array([f"v{n}" for n in range(len(iou))]), np.array(iou), hits, hits)


def test_bands_of_length():
    truth = np.array([[0.0, 2.0], [20.0, 23.0], [0.0, 10.0], [0.0, 40.0], [20.0, 60.0]])
    found = by_length(scores([0.2, 0.6, 0.4, 1.0, 0.8]), truth, np.full(5, 40.0))
    # The last moment ends beyond its video: half of it counts.
    assert {name: (metrics["queries"], metrics["mIoU"]) for name, metrics in found.items()} == {
        "0-10%": (2, 40.0),
        "20-30%": (1, 40.0),
        "50-75%": (1, 80.0),
        "75-100%": (1, 100.0),
    }
    assert found["0-10%"]["R1_IoU0_5"] == 50


def test_bands_of_noise():
    found = by_snr(scores([0.1, 0.2, 0.3, 0.4, 0.5, 0.9]), np.array([np.nan, 3.0, 5.9, 6.0, -0.1, np.inf]))
    assert {name: (metrics["queries"], metrics["mIoU"]) for name, metrics in found.items()} == {
        "clean": (2, 50.0),
        "-3 to 0 dB": (1, 50.0),
        "3 to 6 dB": (2, 25.0),
        "6 to 9 dB": (1, 40.0),
    }
    assert next(iter(found)) == "clean"


def test_few_bands_of_noise_are_narrower():
    found = by_snr(scores([0.2, 0.4, 0.6]), np.array([3.2, 3.9, 5.5]))
    assert {name: metrics["mIoU"] for name, metrics in found.items()} == {
        "3 to 4 dB": 30.0,
        "5 to 6 dB": 60.0,
    }


def test_speakers_heard_in_training_and_new_ones():
    found = by_speaker(scores([0.2, 0.4, 0.6]), ["ann", "bob", ""], ["ann", "cid", ""])
    assert {name: metrics["mIoU"] for name, metrics in found.items()} == {
        "heard in training": 20.0,
        "new": 40.0,
    }
    assert by_speaker(scores([0.2]), [""], [""]) == {}


def test_the_table_has_a_row_per_band():
    few = scores([0.2, 0.6])
    table = table_of(
        {"noise at": by_snr(few, np.array([np.nan, 3.5])), "speaker": by_speaker(few, ["a", "b"], "a")}
    )
    assert table["band"].tolist() == [
        "noise at clean",
        "noise at 3 to 4 dB",
        "speaker heard in training",
        "speaker new",
    ]
    assert table["mIoU"].tolist() == [20.0, 60.0, 20.0, 60.0]
    assert table["queries"].tolist() == [1, 1, 1, 1]


def test_bands_hold_every_query_once():
    draw = np.random.default_rng(0)
    many = scores(list(draw.random(500)))
    truth = np.sort(draw.random((500, 2)), axis=1)
    snr = np.where(draw.random(500) < 0.2, np.nan, draw.normal(2, 8, 500))
    for found in (by_length(many, truth, np.ones(500)), by_snr(many, snr)):
        assert sum(metrics["queries"] for metrics in found.values()) == 500


def test_the_first_caption_of_a_moment_and_its_others():
    table = pd.DataFrame({"video_id": ["a", "a", "a", "b"], "start": [0, 0, 4, 0], "end": [4, 4, 9, 4]})
    found = by_caption(scores([0.2, 0.4, 0.6, 1.0]), table)
    assert {name: metrics["mIoU"] for name, metrics in found.items()} == {"first": 60.0, "other": 40.0}
    assert by_caption(scores([0.2, 0.4]), table[1:3]) == {}
