import functools
import json
import pickle
from pathlib import Path

import pandas as pd
import pytest

from stages.common.errors import DataError
from stages.common.params import load_params
from stages.common.params.schema import Corpus
from stages.corpus.activitynet import ActivityNet
from stages.corpus.cleaning import clean
from stages.corpus.queries import as_table
from stages.corpus.splits import carve_dev

REPOSITORY = Path(__file__).parents[2]
REAL = REPOSITORY / "../shared/real/activitynet"

CAPTIONS = {
    "train": {"v_-a_b": {"duration": 30, "timestamps": [[0, 5.5], [4, 31]], "sentences": ["One.", " Two."]}},
    "val_1": {"v_x": {"duration": 9.5, "timestamps": [[1, 2]], "sentences": ["Val."]}},
    "val_2": {
        "v_x": {"duration": 9.5, "timestamps": [[1, 3]], "sentences": ["Test."]},
        "v__v": {"duration": 20.0, "timestamps": [[0, 20.0]], "sentences": ["Élan."]},
    },
}
ROW_FILES = {"train": "train_data.json", "val_1": "val_data.json", "val_2": "test_data.json"}


def corpus(root: Path, **changes: object) -> Corpus:
    demo = load_params(REPOSITORY / "params.yaml").corpus
    return demo.model_copy(update={"name": "activitynet", "root": str(root), **changes})


def publish_captions(root: Path, tags: tuple[str, ...] = ("train", "val_1", "val_2")) -> None:
    for tag in tags:
        (root / f"{tag}.json").write_text(json.dumps(CAPTIONS[tag]))


def publish_rows(
    root: Path, with_audio_key: bool, tags: tuple[str, ...] = ("train", "val_1", "val_2")
) -> None:
    for tag in tags:
        rows = []
        for video_id, video in CAPTIONS[tag].items():
            for k, moment in enumerate(video["timestamps"], 1):
                row = [video_id, video["duration"], moment, video["sentences"][k - 1]]
                rows.append([*row, f"{video_id[2:]}_{tag}_{k}.wav"] if with_audio_key else row)
        (root / f"{'new_' * with_audio_key}{ROW_FILES[tag]}").write_text(json.dumps(rows))


def test_captions_become_queries(tmp_path):
    publish_captions(tmp_path)
    table = as_table(ActivityNet(corpus(tmp_path)).queries())
    assert table.to_dict("list") == {
        "query_id": ["-a_b_train_1", "-a_b_train_2", "x_val_2_1", "_v_val_2_1"],
        "video_id": ["v_-a_b", "v_-a_b", "v_x", "v__v"],
        "split": ["train", "train", "test", "test"],
        "duration": [30, 30, 9.5, 20],
        "start": [0, 4, 1, 0],
        "end": [5.5, 31, 3, 20],
        "caption": ["One.", " Two.", "Test.", "Élan."],
        "speaker": ["", "", "", ""],
        "speech_id": ["-a_b_train_1", "-a_b_train_2", "x_val_2_1", "_v_val_2_1"],
    }


@pytest.mark.parametrize("with_audio_key", [True, False])
def test_both_shapes_give_the_same_queries(tmp_path, with_audio_key):
    captions, rows = tmp_path / "captions", tmp_path / "rows"
    captions.mkdir()
    rows.mkdir()
    publish_captions(captions)
    publish_rows(rows, with_audio_key)
    assert ActivityNet(corpus(captions)).queries() == ActivityNet(corpus(rows)).queries()


def test_the_audio_key_of_a_row_counts(tmp_path):
    publish_captions(tmp_path)
    row = ["v_x", 9.5, [1, 3], "Test.", "x_val_2_7.wav"]
    (tmp_path / "new_test_data.json").write_text(json.dumps([row]))
    assert [q.speech_id for q in ActivityNet(corpus(tmp_path)).queries() if q.split == "test"] == [
        "x_val_2_7"
    ]


def test_the_test_annotations_are_chosen(tmp_path):
    publish_captions(tmp_path)
    queries = ActivityNet(corpus(tmp_path, test_annotations="val_1")).queries()
    assert [query.query_id for query in queries if query.split == "test"] == ["x_val_1_1"]


def test_missing_train_rows_are_explained(tmp_path):
    publish_rows(tmp_path, with_audio_key=True, tags=("val_1", "val_2"))
    with pytest.raises(DataError, match=r"no annotations of train.*or train\.json.*lacks the train rows"):
        ActivityNet(corpus(tmp_path)).queries()
    publish_captions(tmp_path, tags=("train",))
    assert len(ActivityNet(corpus(tmp_path)).queries()) == 4


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('[["v_x", 9.5, [1], "A."]]', "row 1: found"),
        ('[["v_x", 9.5, [1, 2], "A."], ["v_x", 9.5, [1, "soon"], "B."]]', "row 2, end: found 'soon'"),
        ('[["v_x", NaN, [1, 2], "A."]]', "row 1, duration: found nan"),
        ('{"v_x": {"duration": 9, "timestamps": [[1, 2]], "sentences": []}}', "v_x: 1 timestamps for 0"),
        ('{"v_x": {"duration": 9}}', "v_x: found"),
        ('{"v_x": {"dura', "no valid JSON"),
        ('"v_x"', "holds str"),
    ],
)
def test_a_malformed_file_is_named_with_its_place(tmp_path, content, problem):
    publish_captions(tmp_path)
    (tmp_path / "val_2.json").write_text(content)
    with pytest.raises(DataError, match=problem) as caught:
        ActivityNet(corpus(tmp_path)).queries()
    assert str(tmp_path / "val_2.json") in str(caught.value)


@pytest.mark.parametrize("place", ["-a_b_train_1.wav", "train/-a_b_train_1.wav", "a/b/-a_b_train_1.WAV"])
def test_recordings_are_found_in_sub_folders(tmp_path, place):
    file = tmp_path / "speech" / place
    file.parent.mkdir(parents=True)
    file.touch()
    (file.parent / "._-a_b_train_2.wav").touch()
    source = ActivityNet(corpus(tmp_path))
    assert source.recording("-a_b_train_1") == file
    assert source.recording("-a_b_train_2") is None
    assert source.recording("../speech/-a_b_train_1") is None


def test_a_recording_that_is_there_twice_is_refused(tmp_path):
    for folder in ("old", "new"):
        (tmp_path / "speech" / folder).mkdir(parents=True)
        (tmp_path / "speech" / folder / "x_val_2_1.wav").touch()
    with pytest.raises(DataError, match=r"2 files for 'x_val_2_1': new/x_val_2_1.wav, old/x_val_2_1.wav"):
        ActivityNet(corpus(tmp_path)).recording("x_val_2_1")


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "speech").mkdir()
    (tmp_path / "speech" / "again").symlink_to(tmp_path / "speech")
    (tmp_path / "speech" / "x_val_2_1.wav").touch()
    assert ActivityNet(corpus(tmp_path)).recording("x_val_2_1") == tmp_path / "speech" / "x_val_2_1.wav"


def test_the_speech_folder_may_be_missing_for_tts_alone(tmp_path):
    with pytest.raises(DataError, match=r"speech is no folder; set corpus.speech_folder"):
        ActivityNet(corpus(tmp_path)).recording("x_val_2_1")
    assert ActivityNet(corpus(tmp_path, speech="tts")).recording("x_val_2_1") is None
    with pytest.raises(DataError, match="elsewhere is no folder"):
        ActivityNet(corpus(tmp_path, speech="tts", speech_folder=str(tmp_path / "elsewhere"))).recording("x")


def test_features_are_arrays_or_come_from_videos(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "v_x.mkv").touch()
    source = ActivityNet(corpus(tmp_path, features="pixels"))
    assert source.video("v_x") == tmp_path / "videos" / "v_x.mkv"
    assert [source.has_features("v_x"), source.has_features("v_y")] == [True, False]
    assert source.features("v_x") is None


def test_a_source_travels_to_a_worker_without_its_listing(tmp_path):
    (tmp_path / "speech").mkdir()
    for k in range(1000):
        (tmp_path / "speech" / f"x_val_2_{k}.wav").touch()
    source = ActivityNet(corpus(tmp_path))
    assert source.recording("x_val_2_7") is not None
    packed = pickle.dumps(source)
    assert len(packed) < 2000
    assert pickle.loads(packed).recording("x_val_2_7") == source.recording("x_val_2_7")


@functools.cache
def published(test_annotations: str) -> pd.DataFrame:
    return as_table(ActivityNet(corpus(REAL, test_annotations=test_annotations)).queries())


@pytest.mark.skipif(not REAL.is_dir(), reason="the published annotations are not here")
class TestPublished:
    @pytest.mark.parametrize(
        ("test_annotations", "items", "videos", "late", "rounded"),
        [("val_1", 17_505, 4_917, 5, 129), ("val_2", 17_031, 4_885, 1, 110)],
    )
    def test_counts(self, test_annotations, items, videos, late, rounded):
        table = published(test_annotations)
        kept, counts = clean(table, lambda _: True, lambda _: True, strict=False)
        assert table["query_id"].is_unique
        assert table.groupby("split")["video_id"].nunique().to_dict() == {"train": 10_009, "test": videos}
        nothing = dict.fromkeys(counts["train"], 0)
        spaces = {split: counts[split].pop("caption_spaces") for split in ("train", "test")}
        nothing.pop("caption_spaces")
        train = {"annotated": 37_421, "kept": 37_417, "reversed": 2, "zero_length": 2}
        assert counts["train"] == {**nothing, **train, "end_after_duration": 29, "rounded_time": 232}
        assert counts["test"] == {
            **nothing, "annotated": items, "kept": items, "end_after_duration": late, "rounded_time": rounded,
        }  # fmt: skip
        assert spaces["train"] == 25_836
        assert not kept["caption"].str.contains(r"\n|^ |  ").any()
        assert (kept["end"] <= kept["duration"]).all()
        assert (kept["start"] < kept["end"]).all()

    def test_strict_lists_the_faulty_rows(self):
        table = published("val_2")
        with pytest.raises(DataError) as caught:
            clean(table, lambda _: True, lambda _: True, strict=True)
        lines = str(caught.value).splitlines()
        assert lines[0].startswith(
            "34 of 54452 queries are faulty and corpus.strict is true "
            "(end_after_duration 30, reversed 2, zero_length 2)"
        )
        assert len(lines) == 35
        assert any(
            "0bosp4-pyTM" in line and "reversed" in line and "61.29 to 60.71" in line for line in lines
        )

    def test_dev_is_a_tenth_of_the_training_videos(self):
        table = carve_dev(published("val_2"), 0.1, seed=0)
        videos = table.groupby("split")["video_id"].nunique()
        assert videos["train"] + videos["dev"] == 10_009
        assert videos["test"] == 4_885
        assert 0.09 < videos["dev"] / 10_009 < 0.11
