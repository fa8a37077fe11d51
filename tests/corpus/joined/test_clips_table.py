"""The table of clips in each of its formats, and what is wrong with one in one line."""

import json

import pytest

from stages.common.errors import DataError
from stages.corpus.joined import clips_table
from stages.corpus.joined.clips_table import read_clips

EXAMPLE = [line.strip() for line in clips_table.__doc__.splitlines()[5:8]]


def clips_of(root, text, name="clips.csv"):
    (root / name).write_text(text)
    return read_clips(root)


def told(clips):
    return [(c.name, c.split, c.source, c.category, [caption.text for caption in c.captions]) for c in clips]


EXPECTED = [("beach/0012", "train", "film-7", "animals", ["a dog runs into the sea", "a wet dog"])]


def test_the_documented_example_is_read(tmp_path):
    clips = clips_of(tmp_path, "\n".join(EXAMPLE))
    assert told(clips) == EXPECTED
    assert [(c.speech, c.speaker) for c in clips[0].captions] == [("beach/0012_a.wav", "anna"), ("", "")]


@pytest.mark.parametrize("form", ["jsonl", "json", "sentence first"])
def test_all_formats_give_the_same_clips(tmp_path, form):
    clip = {"clip": "beach/0012", "split": "train", "source": "film-7", "category": "animals"}
    texts = EXPECTED[0][4]
    if form == "sentence first":
        clip = {
            "id": clip.pop("clip"),
            "sentence": texts[0],
            "captions": texts[::-1],
            "duration": 3.5,
            **clip,
        }
    else:
        clip["captions"] = texts
    if form == "jsonl":
        assert told(clips_of(tmp_path, json.dumps(clip) + "\n\n", "clips.jsonl")) == EXPECTED
    else:
        assert told(clips_of(tmp_path, json.dumps([clip]), "clips.json")) == EXPECTED


def test_msrvtt_is_read_as_published(tmp_path):
    videos = [
        {
            "video_id": "video0",
            "split": "train",
            "category": 9,
            "url": "u1",
            "start time": 1.0,
            "end time": 9.0,
        },
        {"video_id": "video1", "split": "validate", "category": 3, "url": "u2"},
    ]
    sentences = [
        {"video_id": "video1", "caption": "a cat", "sen_id": 0},
        {"video_id": "video0", "caption": "a car  is shown", "sen_id": 1},
        {"video_id": "video0", "caption": "a red car", "sen_id": 2},
    ]
    content = json.dumps({"info": {}, "videos": videos, "sentences": sentences})
    clips = clips_of(tmp_path, content, "train_val_videodatainfo.json")
    test = json.dumps({"videos": [{"video_id": "video7", "split": "test", "category": 1, "url": "u9"}],
                       "sentences": [{"video_id": "video7", "caption": "a dog"}]})  # fmt: skip
    assert told(clips) == [
        ("video0", "train", "u1", "9", ["a car is shown", "a red car"]),
        ("video1", "dev", "u2", "3", ["a cat"]),
    ]
    assert len(clips_of(tmp_path, test, "test_videodatainfo.json")) == 3


def test_a_clip_of_no_known_source_is_its_own(tmp_path):
    assert [clip.source for clip in clips_of(tmp_path, "clip,caption\na,x\nb,y\n")] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("clips.csv", "clip,split\na,train\n", r"line 1: required are the columns `clip` and `caption`"),
        ("clips.csv", "clip,capton\na,x\n", r"unknown column `capton`, the nearest known one is `caption`"),
        ("clips.csv", "clip,caption\na, \nb,x\n", r"line 2: clip 'a' has no caption; write what it shows"),
        ("clips.csv", "clip,caption\n", r"holds no clip; add a row per caption"),
        ("clips.csv", "clip,caption\na,x,y\n", r"line 2: found 3 cells, expected 2"),
        ("clips.csv", "clip,caption,split\na,x,tran\n", r"column `split`: found 'tran', expected train"),
        ("clips.csv", "clip,caption,split\na,x,train\na,y,test\n", r"found 'test', but a row above"),
        ("clips.csv", "clip,caption\n../a,x\n", r"line 2, column `clip`: found '../a', expected a file name"),
        ("clips.jsonl", '{"clip": "a"}\n', r"line 1: required are the columns"),
        ("clips.jsonl", '{"clip": "a", "captions": "x"}\n', r"column `captions`: found 'x', expected a list"),
        ("clips.jsonl", '{"clip": "a", "caption": ["x"]}\n', r"column `caption`: found \['x'\], expected"),
        ("clips.jsonl", "{]\n", r"line 1 is no valid JSON"),
        ("clips.json", "{}", r"expected a list of clips, or MSR-VTT's object"),
        ("clips.json", '[{"clip": "a", "captions": []}]', r"clip 1: clip 'a' has no caption"),
        ("MSRVTT_data.json", '{"videos": [{}], "sentences": []}', r"is not as MSR-VTT has it \(KeyError"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path, name, text, said):
    with pytest.raises(DataError, match=said) as error:
        clips_of(tmp_path, text, name)
    assert "\n" not in str(error.value)


def test_one_table_is_expected(tmp_path):
    with pytest.raises(
        DataError, match=r"holds no table of clips; expected clips.csv, clips.jsonl, clips.json"
    ):
        read_clips(tmp_path)
    (tmp_path / "clips.csv").touch()
    (tmp_path / "clips.json").touch()
    with pytest.raises(DataError, match=r"holds clips\.csv and clips\.json; keep one table"):
        read_clips(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        read_clips(tmp_path / "gone")
