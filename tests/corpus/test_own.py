from pathlib import Path

import av
import numpy as np
import pytest

from stages.common.errors import DataError
from stages.common.params import load_params
from stages.common.params.schema import Corpus
from stages.corpus import own
from stages.corpus.own import Own
from stages.corpus.queries import as_table

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = "\n".join(own.__doc__.splitlines()[4:8]).replace("    ", "")


def corpus(root: Path, **changes: object) -> Corpus:
    demo = load_params(REPOSITORY / "params.yaml").corpus
    return demo.model_copy(update={"name": "own", "root": str(root), **changes})


def source(root: Path, table: str, name: str = "queries.csv", seed: int = 0, **changes: object) -> Own:
    (root / name).write_text(table)
    (root / "speech").mkdir(exist_ok=True)
    return Own(corpus(root, **changes), seed)


def write_video(path: Path, seconds: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for k in range(5 * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), k, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_the_documented_example_is_read(tmp_path):
    for take in "ab":
        (tmp_path / "speech/kitchen").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"speech/kitchen/0007_{take}.wav").touch()
    table = as_table(source(tmp_path, EXAMPLE).queries())
    assert table.drop(columns="query_id").to_dict("list") == {
        "video_id": ["kitchen/0007", "kitchen/0007", "garden-2"],
        "split": ["train", "train", "test"],
        "duration": [63.2, 63.2, 20.0],
        "start": [12.5, 30.0, 0.0],
        "end": [17.0, 41.75, 9.1],
        "caption": ["A man opens the door, then waves.", "He sits down.", "Two dogs run."],
        "speaker": ["anna", "ben", ""],
        "speech_id": ["kitchen/0007_a.wav", "kitchen/0007_b.wav", table["query_id"][2]],
    }
    assert table["query_id"].is_unique


def test_both_formats_give_the_same_queries(tmp_path):
    # Spreadsheets write a byte order mark first.
    csv = '\ufeffvideo,start,end,caption,duration,speech\n-a,1,2.5,"One,\ntwo",9,a.wav\nb,0,1,,7,\n'
    jsonl = (
        '{"video": "-a", "start": 1, "end": 2.5, "caption": "One,\\ntwo", "duration": 9, "speech": "a.wav"}\n'
        '\n{"video": "b", "start": 0, "end": 1, "caption": "", "duration": 7, "speech": null}\n'
    )
    for folder in ("csv", "jsonl"):
        (tmp_path / folder).mkdir()
    queries = source(tmp_path / "csv", csv).queries()
    assert queries == source(tmp_path / "jsonl", jsonl, "queries.jsonl").queries()
    assert queries[0].caption == "One,\ntwo"
    assert queries[1].caption == ""


def test_a_query_keeps_its_id_when_rows_move(tmp_path):
    head, *rows = EXAMPLE.splitlines()
    before = source(tmp_path, EXAMPLE).queries()
    after = source(tmp_path, "\n".join([head, *reversed(rows)])).queries()
    assert [query.query_id for query in after] == [query.query_id for query in reversed(before)]
    edited = source(tmp_path, EXAMPLE.replace("sits", "stands")).queries()
    assert [a.query_id == b.query_id for a, b in zip(before, edited, strict=True)] == [True, False, True]


HEAD = "video,start,end,caption,split,duration,speech"
GOOD = "t,1,2,A.,test,9,t.wav"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["video,start,end"], "line 1: column `caption` is missing"),
        ([], "line 1: column `video` is missing"),
        (["video,start,end,caption,spaeker"], "line 1: unknown column `spaeker`, .* is `speaker`"),
        (["video,start,end,caption,start"], "line 1: column `start` stands there twice"),
        ([HEAD], "holds no rows"),
        ([HEAD, GOOD, 'b,1,2,"B\nB.",test,9,', "c,x,2,C.,train,9,"], "line 5, column `start`: found 'x'"),
        ([HEAD, 'b,1,x,"B\nB.",train,9,', GOOD], "line 2, column `end`: found 'x'"),
        ([HEAD, "a,1,2,A man, a dog.,train,9,a.wav"], "line 2: found 8 cells, expected 7"),
        ([HEAD, ",1,2,A.,train,9,a.wav"], "line 2, column `video` is empty"),
        ([HEAD, "a,1,,A.,train,9,a.wav"], "line 2, column `end` is empty"),
        ([HEAD, "a,1,inf,A.,train,9,a.wav", GOOD], "line 2, column `end`: found 'inf'"),
        ([HEAD, "a,1,2,A.,training,9,a.wav"], "line 2, column `split`: found 'training', expected train"),
        ([HEAD, "a,1,2,A.,train,9,a.wav", "b,1,2,A.,,9,"], "line 3, column `split`: found ''"),
        ([HEAD, "a,1,2,A.,train,9,a.wav", "./a.mp4,1,2,A.,test,9,"], "line 3.*puts video 'a' into train"),
        ([HEAD, "a,1,2,A.,train,9,a.wav"], "column `split`: no row is test"),
        ([HEAD, GOOD, "t,1,2,A.,test,8,"], r"line 3, column `duration`: found 8\.0, .* 't' 9\.0 s"),
        ([HEAD, "../a,1,2,A.,train,9,a.wav"], r"line 2, column `video`: found '\.\./a'"),
        ([HEAD, "/a,1,2,A.,train,9,a.wav"], "line 2, column `video`: found '/a'"),
        ([HEAD, "a,1,2,A.,train,9,b/../../a.wav", GOOD], r"line 2, column `speech`: found 'b/\.\./"),
        ([HEAD, 'a,1,2,"A.,train,9,a.wav'], "line 2: unexpected end of data"),
        ([HEAD, "a,1,2,A.,train,,a.wav", GOOD], "line 2, column `duration` is empty .* no video file 'a'"),
        ([HEAD, "a,1,2,A.,train,9,", "t,1,2,A.,test,9,"], "names no recordings"),
    ],
)
def test_a_fault_is_named_with_file_line_and_column(tmp_path, lines, problem):
    with pytest.raises(DataError, match=problem) as caught:
        source(tmp_path, "\n".join(lines)).queries()
    assert str(tmp_path / "queries.csv") in str(caught.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"video": "a", "start": 1, "end": 2}', "line 1: column `caption` is missing"),
        ('{"video": "a", "start": true, "end": 2, "caption": "A."}', "column `start`: found True"),
        ('{"video": 7, "start": 1, "end": 2, "caption": "A."}', "column `video`: found 7, expected text"),
        ('{"video": "a", "begin": 1}', "line 1: unknown column `begin`"),
        ('["a"]', "line 1: found .*expected a JSON object"),
        ('{"video', "line 1 is no valid JSON"),
    ],
)
def test_a_fault_of_a_json_line_is_named(tmp_path, line, problem):
    other = '{"video": "t", "start": 1, "end": 2, "caption": "T.", "duration": 9}'
    table = source(tmp_path, f"{line}\n{other}\n", "queries.jsonl", speech="tts")
    write_video(tmp_path / "videos" / "a.mp4", 1)
    with pytest.raises(DataError, match=problem):
        table.queries()


def test_one_table_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"holds no table, expected queries\.csv or queries\.jsonl"):
        Own(corpus(tmp_path), 0).queries()
    (tmp_path / "queries.jsonl").touch()
    with pytest.raises(DataError, match=r"holds queries\.csv and queries\.jsonl"):
        source(tmp_path, EXAMPLE).queries()


def test_without_a_split_column_test_is_drawn_by_video(tmp_path):
    rows = [f"v{k},{start},9,A.,10" for start in (1, 2) for k in range(200)]
    table = "\n".join(["video,start,end,caption,duration", *rows])
    drawn = as_table(source(tmp_path, table, speech="tts").queries())
    assert drawn.groupby("video_id")["split"].nunique().eq(1).all()
    assert 0.08 < (drawn["split"] == "test").mean() < 0.22  # corpus.test_fraction is 0.15
    other_seed = as_table(source(tmp_path, table, seed=1, speech="tts").queries())
    assert drawn["split"].tolist() != other_seed["split"].tolist()


def test_lengths_are_read_from_the_video_files(tmp_path):
    write_video(tmp_path / "videos" / "day" / "a.mp4", 3)
    write_video(tmp_path / "videos" / "b.mkv", 2)
    table = "video,start,end,caption\nday/a.mp4,0,1,A.\nb,0,1,B.\n"
    queries = source(tmp_path, table, speech="tts", features="pixels").queries()
    assert [(query.video_id, query.duration) for query in queries] == [("day/a", 3.0), ("b", 2.0)]


@pytest.mark.fault("text for a video", lost="nothing: refused")
def test_a_file_that_is_no_video_is_named(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_text("no video")
    with pytest.raises(DataError, match=r"videos/a\.mp4 can't be opened as a video"):
        source(tmp_path, "video,start,end,caption\na,0,1,A.\n", speech="tts").queries()


def test_captions_that_name_one_missing_recording_are_spoken_apart(tmp_path):
    table = "video,start,end,caption,duration,speech\na,1,2,One.,9,x.wav\nb,1,2,Two.,9,x.wav\n"
    unspoken = source(tmp_path, table, speech="tts")
    assert [query.speech_id for query in unspoken.queries()] == [q.query_id for q in unspoken.queries()]
    (tmp_path / "speech" / "x.wav").touch()
    assert [query.speech_id for query in Own(corpus(tmp_path), 0).queries()] == ["x.wav", "x.wav"]


def test_media_are_found_by_their_relative_names(tmp_path):
    for place in ("speech/a.wav", "speech/day/a.wav", "videos/day/a.webm", "a.wav"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    found = Own(corpus(tmp_path, features="pixels"), 0)
    assert found.recording("day/a.wav") == tmp_path / "speech/day/a.wav"
    assert found.recording("a.wav") == found.recording("a") == tmp_path / "speech/a.wav"
    assert found.recording("../a.wav") is None
    assert found.recording("night/a.wav") is None
    assert found.video("day/a") == tmp_path / "videos/day/a.webm"
    assert found.video("a") is None
