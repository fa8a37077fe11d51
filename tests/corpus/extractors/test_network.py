"""From a video file to rows: clips around each stretch, streamed, the same each time."""

import av
import numpy as np
import pytest

from stages.common.artifacts import read_json
from stages.common.shards import Shards
from stages.corpus.extractors.network import Looks, device, middle
from stages.corpus.extractors.windows import clips
from stages.corpus.features import write_extracted
from stages.corpus.video_files import on_screen
from tests.corpus.extractors.mean import mean_colour


def numbered(count):
    return [np.full((1, 1, 3), number, np.uint8) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "frames", "stride", "expected"),
    [
        (4, 2, 2, [[0, 1], [2, 3]]),
        (5, 2, 2, [[0, 1], [2, 3], [4, 4]]),
        (4, 4, 2, [[0, 0, 1, 2], [1, 2, 3, 3]]),
        (3, 3, 1, [[0, 0, 1], [0, 1, 2], [1, 2, 2]]),
        (1, 4, 2, [[0, 0, 0, 0]]),
        (3, 1, 1, [[0], [1], [2]]),
        (5, 5, 2, [[0, 0, 1, 2, 3], [1, 2, 3, 4, 4], [3, 4, 4, 4, 4]]),
    ],
)
def test_clips_by_hand(count, frames, stride, expected):
    made = list(clips(numbered(count), frames, stride))
    assert [clip[:, 0, 0, 0].tolist() for clip in made] == expected


@pytest.mark.parametrize(("frames", "stride"), [(16, 16), (64, 16), (64, 7), (17, 8)])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 100])
def test_streamed_clips_are_cuts_of_the_whole(count, frames, stride):
    before = (frames - stride) // 2
    whole = np.clip(np.arange(-before, count + frames), 0, count - 1)
    rows = -(-count // stride)
    expected = [whole[stride * row : stride * row + frames].tolist() for row in range(rows)]
    assert [clip[:, 0, 0, 0].tolist() for clip in clips(numbered(count), frames, stride)] == expected


def test_no_more_is_read_ahead_than_a_clip():
    read = []
    stream = clips((read.append(1) or picture for picture in numbered(200)), 16, 16)
    next(stream)
    assert len(read) == 16


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Three seconds, each of one grey."""
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for number in range(75):
            picture = np.full((16, 32, 3), 50 * (1 + number // 25), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_rows_divide_the_video_evenly(film):
    rows = mean_colour().extract(film)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, np.repeat([[50.0], [100], [150]], 3, axis=1), atol=2)
    assert mean_colour(stride=5).extract(film).shape == (6, 3)


def test_what_is_shown_and_how_fast_is_said(film, capsys):
    extractor = mean_colour()
    with extractor.at_work(3.0):
        extractor.extract(film)
    assert capsys.readouterr().out.startswith(f"mean on {device().type}: 30 pictures in ")


def test_the_manifest_names_the_extractor(film, tmp_path):
    extractor = mean_colour()
    assert write_extracted(tmp_path / "a", {"v": film}, extractor, 3.0) == {}
    assert read_json(tmp_path / "a/manifest.json", "corpus")["extractor"] == {
        "name": "mean", "width": 3, "weights": "abc", "pictures_per_second": 10, "frames": 10, "stride": 10,
    }  # fmt: skip
    write_extracted(tmp_path / "b", {"v": film}, mean_colour(), 3.0)
    assert (tmp_path / "a/shard-00000.h5").read_bytes() == (tmp_path / "b/shard-00000.h5").read_bytes()
    assert Shards(tmp_path / "a", "corpus")["v"].dtype == np.float16


def test_a_finished_shard_is_not_made_again(film, tmp_path):
    write_extracted(tmp_path, {"v": film}, mean_colour(), 3.0)
    again = mean_colour()
    again.extract = lambda path: pytest.fail(f"{path} was looked at again")
    write_extracted(tmp_path, {"v": film}, again, 3.0)


def gradient(height, width):
    """Red grows to the right, green downwards."""
    red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return np.stack([red, green, np.zeros_like(red)], axis=-1).astype(np.uint8)


def test_the_middle_is_cut_out_of_the_shorter_side():
    frame = av.VideoFrame.from_ndarray(gradient(100, 200), format="rgb24")
    picture = middle(Looks(25, 16, 16, 50, 40, "BILINEAR"))(frame)
    assert picture.shape == (40, 40, 3)
    # 50 x 100 is left of the frame; its middle 40 columns are from 30 to 70, its rows from 5 to 45.
    assert picture[0, 0, 0] == pytest.approx(255 * 30.5 / 100, abs=2)
    assert picture[0, 0, 1] == pytest.approx(255 * 5.5 / 50, abs=3)
    assert picture[-1, -1, 0] == pytest.approx(255 * 69.5 / 100, abs=2)


# A film's placing in mp4: as it is, and turned clockwise as by a phone that is held upright.
AS_IT_IS = b"".join(n.to_bytes(4, "big") for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))
CLOCKWISE = b"".join(n.to_bytes(4, "big") for n in (0, 1 << 16, 0, 0xFFFF0000, 0, 0, 0, 0, 1 << 30))


def test_a_phone_s_film_is_set_upright(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(gradient(64, 128), format="rgb24")))
        container.mux(stream.encode())
    content = path.read_bytes()
    # The film's own, behind the one of the whole file.
    place = content.rindex(AS_IT_IS)
    path.write_bytes(content[:place] + CLOCKWISE + content[place + len(CLOCKWISE) :])
    for resized in (64, (64, 128)):
        picture = next(on_screen(path, 25, middle(Looks(25, 16, 16, resized, 60, "BILINEAR")), threads=1))
        # What was at the left is at the top, and what was at the top is at the right.
        assert picture[0, :, 0].mean() < picture[-1, :, 0].mean() - 50
        assert picture[:, -1, 1].mean() < picture[:, 0, 1].mean() - 50
