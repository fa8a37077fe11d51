import math
from fractions import Fraction

import av
import numpy as np
import pytest

from stages.common.artifacts import sha256_of
from stages.common.errors import DataError
from stages.common.seeding import generator
from stages.corpus import pixels
from stages.corpus.demo.render import render
from stages.corpus.demo.sprites import rgb, sprite
from stages.corpus.demo.vocabulary import SHAPES
from stages.corpus.demo.world import Event, World, draw_world
from stages.corpus.pixels import HUES, PER_REGION, WIDTH, describe
from stages.corpus.video_files import duration_of, pictures

SIDE = 64


def film(places, shape="star", colour="red", radius=9):
    """A picture per place, a shape on grey."""
    frames = np.full((len(places), SIDE, SIDE, 3), 120, np.uint8)
    mask = sprite(shape, radius, 0)[..., None]
    for frame, (x, y) in zip(frames, places, strict=True):
        patch = frame[y - radius : y + radius + 1, x - radius : x + radius + 1]
        patch[:] = patch + mask * (rgb(colour) - patch)
    return frames


def region(row, hue):
    return row[: HUES * PER_REGION].reshape(HUES, PER_REGION)[hue]


def test_a_vector_a_second():
    assert describe(film([(32, 32)] * 9)).shape == (3, WIDTH)


def test_each_colour_has_its_region_and_its_size():
    rows = {hue: describe(film([(32, 32)] * 4, "square", colour))[0] for colour, hue in
            (("red", 0), ("green", 4), ("blue", 8), ("pink", 11))}  # fmt: skip
    area = (sprite("square", 9, 0) > 0.5).sum()
    for hue, row in rows.items():
        present = [region(row, other)[0] for other in range(HUES)]
        assert np.argmax(present) == hue
        assert sum(present) == 1
        assert region(row, hue)[12] == pytest.approx(10 * area / SIDE**2, rel=0.15)


def test_motion_has_its_sign_and_its_speed():
    right = region(describe(film([(20 + 2 * i, 32) for i in range(4)]))[0], 0)
    left = region(describe(film([(40 - 2 * i, 32) for i in range(4)]))[0], 0)
    down = region(describe(film([(32, 20 + 2 * i) for i in range(4)]))[0], 0)
    # The first picture of a film has none before it: three steps in four pictures.
    assert right[2] == pytest.approx(20 * 2 / SIDE * 3 / 4, rel=0.02)
    assert left[2] == pytest.approx(-right[2], rel=1e-6)
    assert down[2] == pytest.approx(0, abs=1e-6)
    assert down[3] == pytest.approx(right[2], rel=0.02)


def test_a_shape_looks_the_same_wherever_it_stands_and_unlike_the_others():
    here, there = (region(describe(film([place] * 4, "heart"))[0], 0)[15:] for place in ((20, 20), (44, 40)))
    np.testing.assert_allclose(here, there, atol=1e-6)
    looks = np.stack([region(describe(film([(32, 32)] * 4, shape))[0], 0)[15:] for shape in SHAPES])
    distances = np.linalg.norm(looks[:, None] - looks[None], axis=-1)
    assert distances[~np.eye(len(SHAPES), dtype=bool)].min() > 0.05


def test_a_long_video_is_described_block_by_block_as_if_at_once(monkeypatch):
    frames = film([(20 + i % 20, 32) for i in range(4 * 40)])
    in_blocks = describe(frames)
    monkeypatch.setattr(pixels, "_BLOCK_SECONDS", 1000)
    np.testing.assert_allclose(in_blocks, describe(frames), atol=1e-6)
    assert in_blocks.shape == (40, WIDTH)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    event = Event(5.0, 25.0, "green", "star", ("right",), "large", "quick", (0.5, 0.5), 0.0)
    render(World(30.0, "tiles", (event,), ()), 0, "a", path)
    return path


def test_a_rendered_video_shows_its_event_when_it_happens(video):
    assert duration_of(video) == 30
    rows = describe(pictures(video))
    assert rows.shape == (30, WIDTH)
    green = rows[:, : HUES * PER_REGION].reshape(30, HUES, PER_REGION)[:, 4]
    np.testing.assert_array_equal(green[:, 0] > 0.5, [5 <= second < 25 for second in range(30)])
    assert green[6:24, 2].mean() > 0.2


def test_any_player_can_show_it(video):
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert "mp4" in container.format.name


def test_the_same_world_gives_the_same_bytes(tmp_path):
    world = draw_world(generator(0, "w"), (30.0, 40.0))
    for name in ("a", "b"):
        render(world, 0, "same", tmp_path / f"{name}.mp4")
    assert sha256_of(tmp_path / "a.mp4") == sha256_of(tmp_path / "b.mp4")
    render(world, 1, "same", tmp_path / "c.mp4")
    assert sha256_of(tmp_path / "c.mp4") != sha256_of(tmp_path / "a.mp4")


@pytest.mark.parametrize("rate", [2, 10, 25])
def test_any_frame_rate_becomes_four_pictures_a_second(tmp_path, rate):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(rate * 5):
            picture = np.full((90, 160, 3), 10 + 40 * (number // rate), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    shown = list(pictures(path))
    second = [round((picture.mean() - 10) / 40) for picture in shown]
    # At two pictures a second, the last one starts half a second before the end.
    assert second == [k // 4 for k in range(19 if rate == 2 else 20)]


def seconds_shown(path):
    """What `write_timed` writes, as it is seen at each quarter of a second."""
    return [round((picture.mean() - 10) / 20) for picture in pictures(path)]


def write_timed(path, times, sound=None):
    """A picture at each of these times in ms, grey by the second since the first; and some ms of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        tone = None if sound is None else container.add_stream("aac", rate=16_000, layout="mono")
        for time in times:
            grey = 10 + 20 * ((time - times[0]) // 1000)
            frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), grey, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if tone is not None:
            silence = np.zeros((1, 16 * sound), np.int16)
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, 0
            container.mux(tone.encode(frame))
            container.mux(tone.encode())
    return path


LATE = range(2000, 8000, 125)


# As in browsers. A broadcast begins with its first picture or sound; MPEG-TS holds the 64 ms before the sound
# from which an AAC decoder starts.
@pytest.mark.parametrize(
    ("kind", "sound", "late"),
    [
        ("mp4", None, 2),
        ("mp4", 8000, 2),
        ("mkv", None, 2),
        ("mkv", 8000, 2),
        ("ts", None, 0),
        ("ts", 8000, 2.064),
    ],
)
def test_a_video_that_starts_late_is_timed_as_players_time_it(tmp_path, kind, sound, late):
    path = write_timed(tmp_path / f"a.{kind}", LATE, sound)
    length = 6 + round(late)
    assert seconds_shown(path) == [max(0, math.floor(k / 4 - late)) for k in range(4 * length)]
    assert duration_of(path) == pytest.approx(length, abs=0.13)
    assert len(describe(pictures(path))) == length


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_picture_stands_until_the_next_one_whenever_that_comes(tmp_path, kind):
    path = write_timed(tmp_path / f"a.{kind}", [0, 40, 80, 900, 1000, 1001, 3000, 3500, 3510, 5990])
    # Between 1.001 and 3 seconds there is no picture, nor between 3.51 and 5.99.
    assert seconds_shown(path) == 4 * [0] + 8 * [1] + 12 * [3]
    assert duration_of(path) == pytest.approx(6, abs=0.1)


def test_what_is_no_video_is_named(tmp_path, video):
    path = tmp_path / "a.mp4"
    path.write_text("no video")
    with pytest.raises(DataError, match=r"a\.mp4 can't be opened as a video"):
        list(pictures(path))
    with pytest.raises(DataError, match="can't be opened"):
        list(pictures(tmp_path / "absent.mp4"))
    path.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    with pytest.raises(DataError, match=r"a\.mp4"):
        list(pictures(path))
