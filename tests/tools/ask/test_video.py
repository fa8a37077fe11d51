"""Videos described once, and what is no video."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stages.common.errors import DataError
from stages.corpus.extractors.extractor import Pixels
from stages.tools.ask.cache import Cache
from stages.tools.ask.frames import thumbnails
from stages.tools.ask.opening import announced_length
from stages.tools.ask.video import described
from tests.corpus.extractors.mean import mean_colour
from tests.paths import ROOT
from tests.tools.ask.world import speech, write_video


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def test_the_features_are_the_corpus_own(clip, cache):
    video = described(clip, Pixels(), cache)
    np.testing.assert_array_equal(video.features, Pixels().extract(clip).astype(np.float16))
    assert len(video.features) == 8
    assert video.duration == 8
    assert video.notes == []


def test_a_video_is_described_once_whatever_its_name(clip, cache, tmp_path, monkeypatch):
    first = described(clip, Pixels(), cache)
    copy = tmp_path / "other name.mp4"
    copy.write_bytes(clip.read_bytes())
    monkeypatch.setattr("stages.tools.ask.video.describe", lambda _: pytest.fail("it was described again"))
    second = described(copy, Pixels(), cache)
    assert (first.from_cache, second.from_cache) == (False, True)
    np.testing.assert_array_equal(first.features, second.features)
    assert second.duration == first.duration


def test_a_damaged_or_closed_cache_is_done_without(clip, cache, tmp_path):
    described(clip, Pixels(), cache)
    (kept,) = cache.folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert not described(clip, Pixels(), cache).from_cache
    assert described(clip, Pixels(), cache).from_cache
    (tmp_path / "file").touch()
    (note,) = described(clip, Pixels(), Cache(tmp_path / "file" / "below")).notes
    assert "was not kept" in note


def test_other_code_describes_anew(clip, cache, monkeypatch, tmp_path):
    key = cache.key_of(clip, Pixels().facts)
    assert key == cache.key_of(clip, Pixels().facts)
    changed = tmp_path / "pixels.py"
    changed.write_text("# other numbers")
    monkeypatch.setattr("stages.corpus.pixels.__file__", str(changed))
    assert cache.key_of(clip, Pixels().facts) != key


def test_a_recording_without_a_length(tmp_path, cache):
    # As browsers write it: to a stream, whose head can't be completed.
    path = write_video(tmp_path / "a.mkv", 5, options={"live": "1"})
    assert announced_length(path) is None
    assert described(path, Pixels(), cache).duration == 5


def test_a_broadcast_is_timed_from_its_first_picture(tmp_path, cache):
    plain = described(write_video(tmp_path / "a.ts", 5), Pixels(), cache)
    late = described(write_video(tmp_path / "b.ts", 5, first=30), Pixels(), cache)
    with av.open(str(late.path)) as container:
        assert container.streams.video[0].start_time * container.streams.video[0].time_base > 29
    assert late.duration == plain.duration
    np.testing.assert_array_equal(late.features, plain.features)


def test_a_file_that_lasts_longer_than_it_says(clip, cache, monkeypatch):
    monkeypatch.setattr("stages.tools.ask.video.announced_length", lambda _: 3.6)
    video = described(clip, Pixels(), cache)
    assert (video.duration, video.notes) == (8, [])


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_file_whose_first_picture_comes_late_is_timed_from_its_start(tmp_path, cache, kind):
    late = described(write_video(tmp_path / f"b.{kind}", 5, first=2), Pixels(), cache)
    assert late.duration == pytest.approx(7, abs=0.13)
    assert (len(late.features), late.notes) == (7, [])
    # The square moves from the third second on.
    moves = np.abs(np.diff(late.features.astype(float), axis=0)).max(axis=1)
    assert moves[0] == 0
    assert moves[2:].min() > 0
    (picture, later) = thumbnails(late.path, [0.5, 6.5])
    (shown,) = thumbnails(write_video(tmp_path / "a.mp4", 5), [4.5])
    assert np.abs(later.astype(int) - shown).max() < 40
    assert np.abs(picture.astype(int) - shown).max() > 80


def test_a_file_that_was_cut_short(tmp_path, cache):
    path = write_video(tmp_path / "a.mkv", 20, options={"cluster_time_limit": "1000"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    video = described(path, Pixels(), cache)
    assert 3 < video.duration < 17
    assert len(video.features) == pytest.approx(video.duration, abs=1)
    for again in (video, described(path, Pixels(), cache)):
        assert again.notes == [
            f"{path} says it lasts 20.0 s, and holds pictures for {video.duration:.1f} s"
        ]  # fmt: skip


def test_what_is_refused(tmp_path, cache):
    def fault(path):
        with pytest.raises(DataError) as raised:
            described(path, Pixels(), cache)
        return str(raised.value)

    assert fault(tmp_path / "no.mp4") == f"{tmp_path / 'no.mp4'} does not exist; expected a video there"
    assert "is no file" in fault(tmp_path)
    note = tmp_path / "note.mp4"
    note.write_text("not a video")
    assert "is no video that can be read (Invalid data" in fault(note)
    soundfile.write(tmp_path / "a.wav", speech(), 16_000)
    assert "holds sound and no video; the video comes first, then the speech" in fault(tmp_path / "a.wav")
    assert "lasts 0.50 s; expected at least 1 s" in fault(write_video(tmp_path / "short.mp4", 0.5))
    unknown = write_video(tmp_path / "a.mp4", 2)
    unknown.write_bytes(unknown.read_bytes().replace(b"avc1", b"zzzz"))
    assert "coded in a way that the installed FFmpeg can't decode" in fault(unknown)
    assert not cache.folder.exists() or len(list(cache.folder.iterdir())) == 1


MEASURE = """
import resource, sys
from pathlib import Path
from stages.tools.ask.cache import Cache
from stages.tools.ask.video import described
from stages.corpus.extractors.extractor import Pixels
video = described(Path(sys.argv[1]), Pixels(), Cache(Path(sys.argv[2])))
print(video.duration, video.features.shape[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
def test_three_hours_take_little_memory(tmp_path):
    def described_in_megabytes(seconds):
        path = write_video(tmp_path / f"{seconds}.mp4", seconds)
        command = [sys.executable, "-c", MEASURE, str(path), str(tmp_path / "cache")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        duration, rows, megabytes = map(float, done.stdout.split())
        assert duration == rows == seconds
        return megabytes

    short, long = described_in_megabytes(60), described_in_megabytes(3 * 3600)
    print(f"60 s: {short:.0f} MB, 3 hours: {long:.0f} MB")
    # What remains are the features themselves: 10,800 rows of 413 numbers.
    assert long < short + 100
    assert Path(tmp_path / "cache").is_dir()


def test_whoever_waits_is_told_how_far_it_is(clip, tmp_path):
    told = []
    described(clip, Pixels(), Cache(tmp_path), told.append)
    assert told == pytest.approx([number / 32 for number in range(1, 33)])
    described(clip, Pixels(), Cache(tmp_path), told.append)
    assert len(told) == 32


def test_whoever_waits_for_a_network_is_told_how_far_it_is(clip, tmp_path, capsys):
    told = []
    video = described(clip, mean_colour(), Cache(tmp_path), told.append)
    assert video.features.shape == (8, 3)
    # Ten pictures per second, of which the last frame's eighth of a second holds one.
    assert told == pytest.approx([number / 80 for number in range(1, 80)])
    assert "mean on" in capsys.readouterr().out
    again = described(clip, mean_colour(), Cache(tmp_path), told.append)
    assert again.from_cache
    assert len(told) == 79


def test_a_network_that_nobody_waits_for_any_more_stops(clip, tmp_path):
    told = []

    def leave(done):
        told.append(done)
        raise DataError("the session has ended")

    with pytest.raises(DataError, match="the session has ended"):
        described(clip, mean_colour(), Cache(tmp_path), leave)
    assert len(told) == 1
    assert len(described(clip, mean_colour(), Cache(tmp_path)).features) == 8
