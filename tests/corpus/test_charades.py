import json
from pathlib import Path

import numpy as np
import pytest

from stages.common.errors import DataError
from stages.common.params import load_params
from stages.common.params.schema import Corpus
from stages.corpus.charades import Charades
from stages.corpus.cleaning import clean
from stages.corpus.queries import Query, as_table
from stages.corpus.splits import carve_dev

REPOSITORY = Path(__file__).parents[2]
REAL = REPOSITORY / "../shared/real/charades"


def corpus(root: Path, **changes: object) -> Corpus:
    demo = load_params(REPOSITORY / "params.yaml").corpus
    return demo.model_copy(update={"name": "charades", "root": str(root), **changes})


@pytest.fixture
def root(tmp_path):
    (tmp_path / "charades_sta_train.txt").write_text(
        "AO8RW 0.0 6.9##opens##1 door.\nY6R7T 20.8 30.0##person plays.\nAO8RW 1.0 2.0##again.\r\n\n"
    )
    (tmp_path / "charades_sta_test.txt").write_text("3MSZA 24.3 30.4##person turn a light on.")
    lengths = {"AO8RW": 33.67, "Y6R7T": 29.42, "3MSZA": 30.96}
    (tmp_path / "charades.json").write_text(json.dumps({v: {"duration": s} for v, s in lengths.items()}))
    return tmp_path


def test_lines_become_queries(root):
    expected = [
        ("AO8RW_train_1", "AO8RW", "train", 33.67, 0.0, 6.9, "opens##1 door."),
        ("Y6R7T_train_1", "Y6R7T", "train", 29.42, 20.8, 30.0, "person plays."),
        ("AO8RW_train_2", "AO8RW", "train", 33.67, 1.0, 2.0, "again."),
        ("3MSZA_test_1", "3MSZA", "test", 30.96, 24.3, 30.4, "person turn a light on."),
    ]
    assert Charades(corpus(root)).queries() == [Query(*facts, "", facts[0]) for facts in expected]


def test_durations_may_come_from_the_official_csv(root):
    from_json = Charades(corpus(root)).queries()
    (root / "charades.json").unlink()
    with pytest.raises(DataError, match=r"expected charades\.json, or Charades_v1_train\.csv and"):
        Charades(corpus(root)).queries()
    head = "id,subject,script,length\n"
    (root / "Charades_v1_train.csv").write_text(
        f'{head}AO8RW,X,"opens, then\nshuts",33.67\nY6R7T,X,plays,29.42\n'
    )
    (root / "Charades_v1_test.csv").write_text(f"{head}3MSZA,X,light,30.96\n")
    assert Charades(corpus(root)).queries() == from_json
    (root / "Charades_v1_test.csv").write_text(f"{head}3MSZA,X,light,?\n")
    with pytest.raises(DataError, match=r"Charades_v1_test.csv, line 2, column length: found '\?'"):
        Charades(corpus(root)).queries()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "3MSZA 24.3 30.4 person",
            r"line 2: found '3MSZA 24.3 30.4 person', expected `VID start end##sentence`",
        ),
        ("3MSZA 24.3 x##person", r"line 2, end: found 'x', expected seconds"),
        ("NOONE 24.3 30.4##person", r"line 2: no duration of video NOONE in .*charades\.json"),
    ],
)
def test_a_malformed_line_is_named(root, line, problem):
    with (root / "charades_sta_test.txt").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(DataError, match=problem):
        Charades(corpus(root)).queries()


def test_speech_and_i3d_are_found(root):
    (root / "speech" / "test").mkdir(parents=True)
    (root / "speech" / "test" / "3MSZA_test_1.wav").touch()
    (root / "features").mkdir()
    np.save(root / "features" / "3MSZA.npy", np.ones((7, 1, 1, 1024), np.float32))
    source = Charades(corpus(root))
    assert source.recording("3MSZA_test_1") == root / "speech" / "test" / "3MSZA_test_1.wav"
    assert source.features("3MSZA").shape == (7, 1024)
    assert source.features("AO8RW") is None
    assert [source.has_features("3MSZA"), source.has_features("AO8RW")] == [True, False]
    assert source.video("3MSZA") is None


@pytest.mark.skipif(not REAL.is_dir(), reason="the published annotations are not here")
def test_published_counts():
    table = as_table(Charades(corpus(REAL)).queries())
    kept, counts = clean(table, lambda _: True, lambda _: True, strict=False)
    assert table["query_id"].is_unique
    assert table.groupby("split")["video_id"].nunique().to_dict() == {"train": 5_338, "test": 1_334}
    # CNM dropped exactly the late ends (and 4 more): it kept 10,602 and 3,158.
    for split, items, late, spaces in (("train", 12_408, 1_802, 33), ("test", 3_720, 562, 9)):
        found = {rule: count for rule, count in counts[split].items() if count}
        assert found == {
            "annotated": items, "kept": items, "end_after_duration": late, "caption_spaces": spaces,
        }  # fmt: skip
    assert (kept["end"] <= kept["duration"]).all()
    carve_dev(kept, 0.1, seed=0)  # the splits share no video
