"""Frames, drawings and clips show what was on the screen at their time."""

import av
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from stages.common.errors import DataError
from stages.tools.ask.answer import Answer, Moment
from stages.tools.ask.clip import cut
from stages.tools.ask.frames import thumbnails
from stages.tools.ask.picture import Asked, draw, strip_times
from stages.tools.ask.video import Video
from tests.tools.ask.world import PIXELS, write_video, write_wav


def centre(picture):
    """Where the red square is, as a fraction of the picture's width and height."""
    red = (picture[..., 0].astype(int) - picture[..., 1]) > 70
    rows, columns = np.nonzero(red)
    return columns.mean() / red.shape[1], rows.mean() / red.shape[0]


def place_at(time, seconds=8, side=64):
    """Where it is at a time: see `write_video`."""
    left = round(np.floor(time * 8) / (seconds * 8) * (side - 16))
    return (left + 8) / side, 28 / side


def test_thumbnails_show_their_time(clip):
    times = [0.0, 1.3, 4.05, 7.95]
    for time, picture in zip(times, thumbnails(clip, times), strict=True):
        assert picture.shape == (120, 120, 3)
        assert centre(picture) == pytest.approx(place_at(time), abs=0.03)


def test_thumbnails_of_a_stream_that_starts_late(tmp_path):
    path = write_video(tmp_path / "a.ts", 8, first=30)
    for time, picture in zip([1.0, 6.0], thumbnails(path, [1.0, 6.0]), strict=True):
        assert centre(picture) == pytest.approx(place_at(time), abs=0.05)


def turned(path, source):
    """The video with a note that players turn it by a quarter; a phone held upright writes this."""
    one, none = bytes([0, 1, 0, 0]), bytes(4)
    plain = one + none * 3 + one
    quarter = none + one + none + bytes([255, 255, 0, 0]) + none
    content = source.read_bytes()
    track = content.index(b"tkhd")
    place = content.index(plain, track)
    path.write_bytes(content[:place] + quarter + content[place + len(plain) :])
    return path


def test_a_turned_video_is_shown_upright(tmp_path, clip):
    path = turned(tmp_path / "turned.mp4", clip)
    # A quarter clockwise: what was left is up, what was above is to the right.
    (picture,) = thumbnails(path, [2.0])
    x, y = place_at(2.0)
    assert centre(picture) == pytest.approx((1 - y, x), abs=0.05)
    cut(path, Moment(2.0, 3.0, 1.0), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert centre(first) == pytest.approx((1 - y, x), abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_clip_is_exact_to_the_frame_and_keeps_the_sound(tmp_path, clip, suffix):
    out = tmp_path / f"out{suffix}"
    cut(clip, Moment(2.3, 5.05, 1.0), out)
    with av.open(str(out)) as container:
        frames = list(container.decode(video=0))
        # On the screen at 2.3 s is the picture of 2.25 s; the last one is of 5 s.
        assert len(frames) == 23
        assert frames[0].time == 0
        assert frames[1].time == pytest.approx(0.075, abs=0.002)
        for frame, time in ((frames[0], 2.25), (frames[-1], 5.0)):
            assert centre(frame.to_ndarray(format="rgb24")) == pytest.approx(place_at(time), abs=0.03)
    with av.open(str(out)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0)) / 16_000
    assert heard == pytest.approx(2.75, abs=0.2)


@pytest.mark.parametrize(("start", "shown"), [(0.0, (0.0, 0.5)), (4.0, (3.76, 4.26)), (7.98, (7.74, 8.0))])
def test_a_clip_of_a_brief_moment_can_be_watched(tmp_path, clip, start, shown):
    cut(clip, Moment(start, start + 0.02, 1.0), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    pictures = np.ceil(shown[1] * 8) - np.floor(shown[0] * 8)
    assert len(frames) == pictures
    assert centre(frames[0]) == pytest.approx(place_at(shown[0]), abs=0.03)


def test_a_picture_is_from_the_best_moment():
    edges = np.linspace(0, 90, 10)
    middles = [5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0]
    np.testing.assert_array_equal(strip_times(edges, Moment(4, 6, 1.0)), middles)
    np.testing.assert_array_equal(strip_times(edges, Moment(30, 32, 1.0)), [*middles[:3], 31.0, *middles[4:]])
    np.testing.assert_array_equal(strip_times(edges, Moment(88, 90, 1.0)), [*middles[:8], 89.0])


def test_a_clip_of_a_silent_video_with_odd_sides(tmp_path):
    path = tmp_path / "odd.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=8)
        stream.width, stream.height, stream.pix_fmt = 65, 49, "yuv420p"
        for level in range(16):
            picture = np.full((49, 65, 3), 10 * level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    cut(path, Moment(0.5, 1.0, 1.0), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio
        frames = list(container.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [(64, 48)] * 4


def test_a_clip_that_can_not_be_written(tmp_path, clip):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not be cut"):
        cut(clip, Moment(0, 1, 1.0), tmp_path / "file" / "out.mp4")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def shown_words(figure):
    """All texts of a drawing."""
    return " | ".join(text.get_text() for text in figure.findobj(Text) if text.get_text())


@pytest.mark.parametrize(
    ("words", "spoken", "says"),
    [
        (
            "costs $5, not $6 " * 20,
            True,
            ["“costs $5, not $6", "what base has read, heard in", "1.0 s"],
        ),
        ("", True, ["(nothing was understood)"]),
        (None, True, ["q.wav", "base answers from the speech itself"]),
        ("it hops", False, ["“it hops”", "asked in writing"]),
    ],
)
def test_a_drawing_shows_query_truth_and_answer(tmp_path, clip, monkeypatch, words, spoken, says):
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *given: (figures.append(figure), save(figure, *given))
    )
    speech = write_wav(tmp_path / "q.wav", 1.0) if spoken else None
    p = np.full(8, 1 / 8)
    moments = [Moment(1, 3, 0.5), Moment(4, 8, 0.1)]
    answer = Answer(moments, np.linspace(0, 8, 9), {"p_start": p, "p_end": p}, words, {}, [])
    video = Video(clip, 8.0, np.zeros((8, 413), np.float16), PIXELS)
    draw(tmp_path / "a.png", video, answer, Asked("base", speech), (1.0, 2.0))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png"} | ({"q.wav"} if spoken else set())
    texts = shown_words(figures[0])
    for part in [*says, "truth", "IoU with the truth (0:01.0 - 0:02.0) 0.50", "next 1"]:
        assert part in texts
    draw(tmp_path / "b.png", video, answer, Asked("base", speech))
    assert "truth" not in shown_words(figures[1])
