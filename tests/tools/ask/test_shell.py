"""`svground ask` as a user types it, and the small commands beside it."""

import json
import re
import shlex
import sys
from contextlib import contextmanager

import av
import numpy as np
import pandas as pd
import pytest
import soundfile

from stages.common.artifacts import write_table
from stages.common.building import build_shards
from stages.common.errors import DataError
from stages.corpus.queries import COLUMNS
from stages.scoring.metrics import temporal_iou
from stages.tools.ask.__main__ import main
from stages.tools.ask.answer import Answer, Moment, clock_time
from stages.tools.ask.bench import main as bench
from stages.tools.ask.bench import report
from stages.tools.ask.example import main as example
from stages.tools.ask.outputs import writing
from stages.tools.ask.say import main as say
from stages.transcripts.engines.interface import Heard
from tests.tools.ask.world import RATE, checkout, speech, write_video, write_wav


def call(monkeypatch, entry, *arguments):
    monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
    entry()


def fails(monkeypatch, capsys, entry, *arguments):
    """The exit code and the last line on stderr."""
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, entry, *arguments)
    printed = capsys.readouterr()
    assert printed.out == ""
    return ended.value.code, printed.err.strip().splitlines()[-1]


def corpus(folder):
    """Two test queries about a video, in the pipeline's files."""
    videos = folder / "data/corpus/videos"
    videos.mkdir(parents=True)
    write_video(videos / "v.mp4", 4)
    rows = [(f"v-{n}", "v", "test", 4.0, 1.0, 2.5, "it moves", "ann", f"v-{n}") for n in range(2)]
    write_table(folder / "data/corpus/queries.parquet", pd.DataFrame(rows, columns=COLUMNS))
    items = {f"v-{n}": speech(1, n) for n in range(2)}
    build_shards(folder / "data/mixed", items, lambda samples: samples, "int16", "clip")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.0"), (9.96, "0:10.0"), (75.25, "1:15.3"), (59.96, "1:00.0"), (3723.4, "1:02:03.4")],
)
def test_times(seconds, text):
    assert clock_time(seconds) == text


def test_a_brief_moment_is_told_in_hundredths():
    assert str(Moment(0.0, 0.016, 0.25)) == "0:00.00 - 0:00.02, score 0.250"
    assert str(Moment(59.996, 60.25, 0.25)) == "1:00.00 - 1:00.25, score 0.250"
    assert str(Moment(1.0, 2.0, 0.25)) == "0:01.0 - 0:02.0, score 0.250"


def test_an_answer_is_shown_in_a_line():
    p = np.full(1000, 1e-3)
    answer = Answer(
        [Moment(1, 3, 0.5), Moment(4, 8, 0.1)],
        np.linspace(0, 8, 1001),
        {"p_start": p, "p_end": p},
        "it hops",
        {},
        [],
    )
    assert repr(answer) == (
        "Answer(read 'it hops': 0:01.0 - 0:03.0, score 0.500; 0:04.0 - 0:08.0, score 0.100)"
    )


def test_moments_are_printed(project, clip, monkeypatch, capsys):
    question = write_wav(project / "q.wav", 0.5)
    call(monkeypatch, main, clip, question, "--method", "base", "--top", 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{clip}, 0:08.0, asked by base"
    assert lines[1].startswith("  1  0:0")
    assert ", score 0." in lines[1]
    assert lines[2].startswith("  2  0:0")
    assert lines[3].startswith("video ")
    call(monkeypatch, main, clip, question, "--method", "base")
    assert capsys.readouterr().out.splitlines()[-1].startswith("video from the cache ")


def test_json_holds_everything(project, clip, monkeypatch, capsys):
    question = write_wav(project / "q.wav", 3)
    call(monkeypatch, main, clip, question, "--method", "base", "--json")
    content = json.loads(capsys.readouterr().out)
    assert content["duration"] == 8
    assert content["method"] == "base"
    assert len(content["edges"]) == len(content["p_start"]) + 1 == 9
    assert sum(content["p_end"]) == pytest.approx(1, abs=1e-5)
    scores = [moment["score"] for moment in content["moments"]]
    assert scores == sorted(scores, reverse=True)
    assert content["notes"] == ["of 3.0 s of speech the first 0.6 s are heard, as in training"]
    assert set(content["seconds"]) == {"video", "speech", "mels", "network", "ranking"}


def test_the_command_that_an_example_prints_compares_with_the_truth(project, monkeypatch, capsys):
    corpus(project)
    call(monkeypatch, example, "a question.wav")
    command = shlex.split(capsys.readouterr().out.splitlines()[-1].removeprefix("ask: "))
    assert command[:2] == ["svground", "ask"]
    call(monkeypatch, main, *command[2:])
    printed = capsys.readouterr()
    assert printed.err.startswith("base answers: ")
    lines = printed.out.splitlines()
    assert all(re.search(r"score 0\.\d{3}, IoU [01]\.\d\d$", line) for line in lines[1:6])
    assert lines[6] == "the truth is 0:01.0 - 0:02.5"
    assert (project / "answer.png").exists()
    call(monkeypatch, main, *command[2:], "--json")
    content = json.loads(capsys.readouterr().out)
    assert (content["method"], content["truth"]) == ("base", [1.0, 2.5])
    start, end = content["moments"][0]["start"], content["moments"][0]["end"]
    expected = temporal_iou(np.array([[start, end]]), np.array([[1.0, 2.5]]), np.array([4.0]))
    assert content["iou"][0] == pytest.approx(expected[0], abs=1e-6)


def test_a_picture_and_a_clip(project, clip, monkeypatch, capsys):
    question = write_wav(project / "q $1$.wav", 0.5)
    call(
        monkeypatch, main, clip, question, "--method", "base", "--json",
        "--plot", project / "a.png", "--clip", project / "a.mp4",
    )  # fmt: skip
    best = json.loads(capsys.readouterr().out)["moments"][0]
    assert (project / "a.png").read_bytes().startswith(b"\x89PNG")
    with av.open(str(project / "a.mp4")) as cut:
        assert cut.duration / av.time_base == pytest.approx(best["end"] - best["start"], abs=0.2)
        assert len(cut.streams.audio) == 1


def test_a_wrong_command_ends_before_any_work(project, clip, monkeypatch, capsys):
    question = write_wav(project / "q.wav", 0.5)

    def fault(*arguments):
        return fails(monkeypatch, capsys, main, *arguments)

    prefix = "svground ask: error:"
    assert fault(clip) == (2, f"{prefix} there is no question; give a recording, or --text")
    assert fault(clip, question, "--text", "it moves") == (
        2,
        f"{prefix} give a recording or --text, and not both",
    )
    write_wav(project / "-q.wav", 0.5)
    assert fault(clip, "-q.wav")[1].endswith("; the file -q.wav is given as ./-q.wav")
    assert fault(clip, question, "--top", "0")[0] == 2
    code, line = fault(clip, question, "--plot", "a.doc")
    assert (code, line) == (2, "error: a.doc: expected a name that ends with .png, .pdf, .svg")
    assert fault(clip, question, "--clip", "a.gif")[0] == 2
    code, line = fault(clip, question, "--method", "bass")
    assert code == 2
    assert line == "error: there is no method 'bass'; the nearest is base, of the trained base"
    code, line = fault(clip, question, "--models", "/nope")
    assert (
        code,
        line.startswith("error: /nope does not exist; expected the folder models of a checkout"),
    ) == (3, True)
    (project / "elsewhere/models").mkdir(parents=True)
    assert "elsewhere/models lies in no checkout" in fault(clip, question, "--models", "elsewhere/models")[1]
    code, line = fault(clip, "--text", "it moves")
    assert code == 3
    assert line == "error: models has no trained methods that read, but base; run `dvc repro`"
    for wrong in ("3", "8-3", "a-b", "-1-3", "nan-3"):
        code, line = fault(clip, question, f"--truth={wrong}")
        assert (code, line) == (
            2,
            f"{prefix} argument --truth: '{wrong}' is no START-END in seconds, e.g. 3.5-8",
        )
    code, line = fault(clip, question, "--truth", "3-9")
    assert (code, line) == (3, f"error: --truth 3-9 ends after {clip}, which lasts 8.0 s")
    code, line = fault(project / "no.mp4", question, "--method", "base")
    assert code == 3
    assert line.endswith("no.mp4 does not exist; expected a video there")
    code, line = fault(question, clip, "--method", "base")
    assert "holds sound and no video; the video comes first, then the speech" in line
    soundfile.write("silent.wav", np.zeros(RATE), RATE)
    code, line = fault(clip, "silent.wav", "--method", "base")
    assert (code, "silent.wav is silent" in line) == (3, True)
    soundfile.write("empty.wav", np.zeros(0), RATE)
    code, line = fault(clip, "empty.wav", "--method", "base")
    assert (code, line) == (3, "error: empty.wav holds no samples; expected a recording of a sentence")
    soundfile.write("short.wav", speech(0.1), RATE)
    code, line = fault(clip, "short.wav", "--method", "base")
    assert (code, "short.wav lasts 0.10 s; expected a sentence" in line) == (3, True)
    code, line = fault(clip, "--text", "it moves", "--method", "base")
    assert (code, "base listens and does not read" in line) == (3, True)


def test_the_files_that_are_asked_about_are_never_written(project, clip, monkeypatch, capsys):
    question = write_wav(project / "q.wav", 0.5)
    video = project / "v.mp4"
    video.write_bytes(clip.read_bytes())
    (project / "soft.mp4").symlink_to(video)
    (project / "hard.mp4").hardlink_to(video)
    (project / "q.png").symlink_to(question)
    for arguments in (
        ("--clip", "v.mp4"),
        ("--clip", "soft.mp4"),
        ("--clip", "hard.mp4"),
        ("--plot", "q.png"),
    ):
        code, line = fails(monkeypatch, capsys, main, video, question, "--method", "base", *arguments)
        assert (code, f"error: {arguments[1]} is the same file as" in line) == (2, True)
    assert video.read_bytes() == clip.read_bytes()
    assert (project / "soft.mp4").is_symlink()


def test_a_place_that_can_not_be_written_is_refused_before_any_work(project, clip, monkeypatch, capsys):
    (project / "folder.png").mkdir()
    (project / "folder.wav").mkdir()
    corpus(project)
    commands = {
        "png": (main, lambda out: (clip, "q.wav", "--method", "base", "--plot", out)),
        "mp4": (main, lambda out: (clip, "q.wav", "--method", "base", "--clip", out)),
        "wav": (say, lambda out: ("Hello.", out)),
        "WAV": (example, lambda out: (out,)),
    }
    for suffix, (entry, arguments) in commands.items():
        line = fails(monkeypatch, capsys, entry, *arguments(f"/proc/x.{suffix}"))[1]
        assert line.startswith(f"error: /proc/x.{suffix} can't be written (")
        line = fails(monkeypatch, capsys, entry, *arguments(f"no/x.{suffix}"))[1]
        assert line == f"error: no/x.{suffix} can't be written: there is no folder no; make it first"
        assert not (project / "no").exists()
        line = fails(monkeypatch, capsys, entry, *arguments(f"{'x' * 300}.{suffix}"))[1]
        assert "File name too long" in line
    for name, suffix in (("folder.png", "png"), ("folder.wav", "wav")):
        entry, arguments = commands[suffix]
        line = fails(monkeypatch, capsys, entry, *arguments(name))[1]
        assert line == f"error: {name} is a folder; name a file that is to be written"


def test_what_fails_while_it_is_written_is_one_line(project):
    with (
        pytest.raises(DataError, match="could not be written"),
        writing(project / "a.wav") as temporary,
    ):
        soundfile.write(temporary / "inside.wav", speech(0.1), RATE)
    assert not list(project.glob("*a.*wav"))


def test_a_sentence_is_spoken(project, monkeypatch, capsys):
    call(monkeypatch, say, "The red circle hops.", project / "q.wav")
    samples, rate = soundfile.read("q.wav")
    assert rate == RATE
    assert 0.8 < len(samples) / rate < 2.5
    assert "f2-us says 'The red circle hops.'" in capsys.readouterr().out
    code, line = fails(monkeypatch, capsys, say, "Hello.", "q.wav", "--voice", "f2-uk")
    assert code == 2
    assert "no voice 'f2-uk'; the nearest is f2-us" in line
    assert fails(monkeypatch, capsys, say, "Hello.", "q.txt")[0] == 2
    assert "holds nothing to say" in fails(monkeypatch, capsys, say, " ", "q.wav")[1]


def test_a_query_of_the_corpus_is_exported(project, monkeypatch, capsys):
    corpus(project)
    call(monkeypatch, example, "q.wav", "v-1")
    assert capsys.readouterr().out.splitlines() == [
        "q.wav: 'it moves', ann with noise",
        "about data/corpus/videos/v.mp4; the moment is 0:01.0 - 0:02.5",
        "ask: svground ask data/corpus/videos/v.mp4 q.wav --truth 1-2.5 --plot answer.png",
    ]
    samples, rate = soundfile.read("q.wav", dtype="float32")
    assert rate == RATE
    np.testing.assert_array_equal(np.round(samples * 32767), speech(1, 1))
    code, line = fails(monkeypatch, capsys, example, "q.wav", "w-1")
    assert (code, "no test query 'w-1'; one is v-0" in line) == (3, True)


def test_the_bench_measures_what_is_trained(project, monkeypatch, capsys):
    corpus(project)
    call(monkeypatch, bench)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 test queries, one at a time, 1 thread(s), networks on cpu in fp32")
    assert lines[-1].split()[0] == "base"
    code, line = fails(monkeypatch, capsys, bench, "--methods", "asr")
    assert (code, line) == (3, "error: none of asr is trained; run `dvc repro`")


@pytest.mark.parametrize("count", ["0", "-1", "x"])
def test_the_bench_asks_one_query_at_least(monkeypatch, capsys, count):
    code, line = fails(monkeypatch, capsys, bench, "--queries", count)
    assert (code, line.endswith(f"argument --queries: {count} is no number from 1 on")) == (2, True)


def test_a_device_that_is_not_there(project, monkeypatch, capsys):
    corpus(project)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    for name in ("nosuch", "cuda:77", "meta"):
        code, line = fails(monkeypatch, capsys, bench, "--device", name)
        assert code == 2
        assert line == (
            f"error: there is no device '{name}' here; expected cpu, auto, or cuda where PyTorch finds a GPU "
            "(it finds none)"
        )


def test_the_ratio_is_that_of_the_medians():
    spent = {
        "base": [{"speech": 0.001, "network": 0.001}] * 3,
        "asr": [{"speech": 0.001, "transcript": 0.018, "network": 0.001}] * 3,
    }
    lines = report(spent).splitlines()
    assert lines[-1] == "base answers 10.0 times as fast as asr"
    row = next(line for line in lines if line.startswith("base")).split()
    assert row == ["base", "3", "2.00", "2.00", "1.00", "1.00", "-"]


def test_a_ratio_is_over_the_queries_of_both():
    fast = [{"network": seconds} for seconds in (0.001, 0.002, 0.003, 0.010, 0.010)]
    spent = {
        "base": fast,
        "asr, a": [{"transcript": 0.02, "network": 0.02}] * 3,
        "asr, b": [{"transcript": 0.01, "network": 0.02}] * 5,
    }
    assert report(spent).splitlines()[-2:] == [
        "base answers 20.0 times as fast as asr, a",
        "base answers 10.0 times as fast as asr, b",
    ]


class Parrot:
    """An engine that keeps what it took after each query."""

    queries_per_process = 1

    def __init__(self, asr):
        self.engine, self.asked = asr.engine, 0

    def check(self):
        pass

    @contextmanager
    def recogniser(self):
        yield self

    def hear(self, _):
        self.asked += 1
        return Heard("the left one", 0.0)


def test_the_bench_has_a_row_for_each_recogniser(project, monkeypatch, capsys):
    corpus(project)
    checkout(project, ("base", "asr"))
    for room in ("rivals", "ears"):
        monkeypatch.setattr(f"stages.tools.ask.{room}.engine_in", lambda _, asr: Parrot(asr))
    call(monkeypatch, bench, "--engines", "pocketsphinx", "whisper=/a/model")
    lines = capsys.readouterr().out.splitlines()
    heads = [line.rsplit("  ", 9)[0].split("  ")[0] for line in lines if "thread" not in line]
    assert [head for head in heads if head.startswith(("base", "asr"))][:3] == [
        "base", "asr, pocketsphinx", "asr, whisper=/a/model",
    ]  # fmt: skip
    rows = {line.split("  ")[0]: line for line in lines}
    assert rows["base"].split()[1] == "2"
    assert rows["asr, pocketsphinx"].split()[2] == "1"
    assert lines[-1].startswith("base answers ")
    assert lines[-1].endswith("times as fast as asr, whisper=/a/model")
    code, line = fails(monkeypatch, capsys, bench, "--engines", "kaldi")
    assert (code, "--engines kaldi: `asr.engine` is 'kaldi'; allowed" in line) == (2, True)
    code, line = fails(monkeypatch, capsys, bench, "--engines", "whisper")
    assert (code, "engine whisper is told where its model lies" in line) == (2, True)


def test_a_recogniser_that_is_not_installed_is_named_before_any_work(project, monkeypatch, capsys):
    corpus(project)
    checkout(project, ("base", "asr"))
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    code, line = fails(monkeypatch, capsys, bench, "--engines", "pocketsphinx")
    assert (code, "run `pip install '.[pocketsphinx]'`" in line) == (1, True)
    checkout(project, ("text",))
    code, line = fails(monkeypatch, capsys, bench, "--methods", "text")
    assert (code, "text reads captions and has no ears" in line) == (3, True)
