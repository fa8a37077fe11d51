"""Parts of the page that need no server."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest

from stages.common.errors import DataError
from stages.corpus.features import IMPORTED
from stages.tools.live.footage import Footage
from stages.tools.live.kinds import check_speech, video_type
from stages.tools.live.library import read_library
from stages.tools.live.methods import load_methods, styles_of
from tests.corpus.extractors.mean import mean_colour
from tests.tools.ask.world import checkout, speech, write_figures, write_video


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f", "video/webm"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\x47" + b"\x47".rjust(188, b"\0"), "video/mp2t"),
        (b"\x47" + bytes(200), None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"ftypisom", None),
        (b"", None),
    ],
)
def test_kinds(head, expected):
    if expected is None:
        with pytest.raises(DataError, match=r"a\.bin is .*; expected a video: MP4"):
            video_type(head, "a.bin")
    else:
        assert video_type(head, "a.bin") == expected
        check_speech(head, "a.bin")


@pytest.mark.parametrize(
    "head",
    [b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"ID3\x04", b"\xff\xfb\x90", b"FORM\0\0\0\0AIFF", b"#!AMR\n"],
)
def test_recordings(head):
    check_speech(head, "a")
    with pytest.raises(DataError, match="a is of no kind that is known here; expected a recording"):
        check_speech(b"x" + head, "a")


def test_the_library_has_the_test_split_alone(inside):
    library = read_library(inside)
    assert list(library.videos) == ["demo"]
    assert list(library.examples) == ["demo-0", "demo-1"]


def test_without_a_corpus_there_is_no_library(tmp_path):
    library = read_library(tmp_path)
    assert library.as_json() == []


def finished(footage):
    for _ in range(500):
        if footage.video or footage.fault:
            return footage.fault
        time.sleep(0.01)
    raise AssertionError("it never ends")


def test_a_video_nobody_wants_any_more_is_given_up(tmp_path):
    footage = Footage(tmp_path / "v", "v", "video/mp4")

    def describe(_, tell):
        for step in range(1000):
            tell(step / 1000)
            time.sleep(0.01)

    footage.begin(describe)
    while not footage.done:
        time.sleep(0.01)
    footage.give_up()
    assert finished(footage) == "the session has ended"


def test_what_a_description_fails_of_is_told_without_its_path(tmp_path, capsys):
    def refuses(path, _):
        raise DataError(f"{path} is damaged")

    def breaks(*_):
        raise ValueError("a secret")

    refused, broken = (Footage(tmp_path / "x", "holiday", "video/mp4") for _ in range(2))
    refused.begin(refuses)
    broken.begin(breaks)
    assert finished(refused) == "holiday is damaged"
    assert finished(broken) == "holiday could not be described; the terminal says why"
    assert "a secret" in capsys.readouterr().err


def test_methods_that_can_not_be_asked(inside):
    with pytest.raises(DataError, match=r"data has no trained methods that take speech; run `dvc"):
        load_methods(inside / "data", None)
    with pytest.raises(DataError, match="no does not exist; expected the folder models of a checkout"):
        load_methods(inside / "data/no", None)
    with load_methods(inside / "models", None) as methods:
        assert [one["name"] for one in methods.as_json()] == ["asr", "base"]


def test_the_best_on_dev_come_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = ("base", "vgcl", "vslnet", "cpc", "text")
    checkout(tmp_path, names)
    figures = {"base": 50.0, "vgcl": 40.0, "vslnet": 70.0, "cpc": 60.0, "text": 90.0}
    write_figures(figures)
    with load_methods(Path("models"), None) as methods:
        assert list(methods.grounders) == ["vslnet", "cpc", "base"]
    assert capsys.readouterr().err.splitlines() == [
        "vslnet comes first: of the 4 trained methods that take speech it is best on dev (mIoU 70.0); "
        "--methods chooses others"
    ]
    checkout(tmp_path, ("cpc",), features=IMPORTED, width=6)
    with load_methods(Path("models"), None) as methods:
        assert list(methods.grounders) == ["vslnet", "base", "vgcl"]
    assert "cpc is passed over: it was trained on imported features" in capsys.readouterr().err
    with pytest.raises(DataError, match="no trained method that the page can ask"):
        checkout(tmp_path, names, features=IMPORTED, width=6)
        load_methods(Path("models"), None)


def test_a_method_has_the_style_of_its_row_in_the_browsed_run():
    compare = ["base", "vgcl", "asr"]
    assert styles_of(["vgcl", "own", "base"], compare) == {"vgcl": 1, "own": 3, "base": 0}


def test_methods_that_the_page_can_not_ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkout(tmp_path, ("base", "text"), features=IMPORTED, width=6)
    with pytest.raises(DataError, match=r"base was trained on imported features, .* --features …"):
        load_methods(tmp_path / "models", ["base"])
    with pytest.raises(DataError, match="text reads captions and has no ears"):
        load_methods(tmp_path / "models", ["text"])
    checkout(tmp_path, ("vgcl",))
    checkout(tmp_path, ("base",), features=mean_colour().facts, width=3)
    with pytest.raises(DataError, match=r"base was trained on features by mean.*, vgcl on those by pixels"):
        load_methods(tmp_path / "models", ["vgcl", "base"])
    with pytest.raises(DataError, match=r"features by mean, .*; params.yaml's `corpus` names pixels"):
        load_methods(tmp_path / "models", ["base"])


def test_a_network_describes_one_video_at_a_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    extractor = mean_colour()
    checkout(tmp_path, ("base", "vgcl"), features=extractor.facts, width=3)
    monkeypatch.setattr("stages.tools.ask.grounder.chosen_extractor", lambda _: extractor)
    clips = [write_video(tmp_path / f"{seconds}.mp4", seconds) for seconds in (2, 3)]
    order = []
    with load_methods(tmp_path / "models", ["base", "vgcl"]) as methods:
        methods.warm_up()

        def describe(clip):
            return methods.video(clip, lambda _: (order.append(clip), time.sleep(0.001)))

        with ThreadPoolExecutor(2) as pool:
            videos = list(pool.map(describe, clips))
        assert [len(video.features) for video in videos] == [2, 3]
        # Not by turns.
        assert [clip for clip, _ in groupby(order)] in (clips, clips[::-1])
        asked = methods.ask("vgcl", videos[0], speech())
        assert 0 <= asked.moments[0].start < asked.moments[0].end <= 2


def test_all_methods_have_seen_a_video_before_it_is_asked_about(inside, monkeypatch):
    with load_methods(inside / "models", None) as methods:
        video = methods.video(inside / "data/corpus/videos/demo.mp4", lambda _: None)
        for grounder in methods.grounders.values():
            monkeypatch.setattr(grounder.model, "see", lambda _: pytest.fail("it is seen again"))
            assert methods.ask(grounder.trained.name, video, speech()).moments
