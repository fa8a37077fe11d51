"""The parts of the page that can be worked out by hand."""

import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from stages.scoring.metrics import KEYS
from stages.scoring.table import Results
from stages.tools.browse.alignment import errors_in, marks_of
from stages.tools.browse.chart import HEIGHT, WIDTH, Axis, Chart, Line, axis, draw
from stages.tools.browse.noises import category_of
from stages.tools.browse.plots import _stairs
from stages.tools.browse.scripts import as_json
from stages.tools.browse.sound import SHADES, write_spectrogram, write_speech
from stages.tools.browse.table import results_table


def test_what_became_of_each_word():
    marks, empty, nothing = marks_of(
        ["A red cross, spins quickly.", "?!", "the end"], ["a bed cross then spins", "well", ""]
    )
    assert marks == [
        ("equal", "a", "a"),
        ("substitute", "red", "bed"),
        ("equal", "cross", "cross"),
        ("insert", "", "then"),
        ("equal", "spins", "spins"),
        ("delete", "quickly", ""),
    ]
    assert errors_in(marks) == 3
    # Nothing was said in words, or nothing was understood.
    assert empty == [("insert", "", "well")]
    assert nothing == [("delete", "the end", "")]
    assert [errors_in(empty), errors_in(nothing)] == [1, 2]


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "a & b", "\u2028\u2029", 'quote " and \\ slash', "قلب"]
)
def test_json_survives_in_a_page_and_comes_back(text):
    written = as_json([text])
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == [text]


def test_what_json_has_not_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(float("nan"))


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 81.5, ["0", "20", "40", "60", "80", "100"]),
        (0, 11, ["0", "2", "4", "6", "8", "10", "12"]),
        (0, 2.9, ["0", "0.5", "1", "1.5", "2", "2.5", "3"]),
        (0, 0.3, ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]),
    ],
)
def test_an_axis_has_round_numbers_and_holds_all(low, high, labels):
    found = axis("x", low, high)
    assert [label for _, label in found.ticks] == labels
    assert found.low <= low < high <= found.high


def test_lines_are_named_where_they_end_and_never_over_each_other():
    x, y = axis("epoch", 0, 10), axis("mIoU <%>", 0, 100)
    lines = [
        Line(f"m{number}", number, [(0.0, 50.0), (10.0, level)]) for number, level in enumerate([1, 2, 3, 99])
    ]
    picture = draw(Chart("T & co", 'says "it"', x, y, lines))
    assert "T &amp; co" in picture
    assert "mIoU &lt;%&gt;" in picture
    assert 'aria-label="says &quot;it&quot;"' in picture
    heights = [float(found) for found in re.findall(r'y="([\d.]+)"[^>]*>m\d<', picture)]
    assert len(heights) == 4
    assert min(np.diff(sorted(heights))) >= 12
    assert 0 < min(heights) < max(heights) < HEIGHT
    assert max(float(x) for x in re.findall(r' x="([\d.]+)"', picture)) < WIDTH


def test_bands_need_no_round_numbers():
    x = Axis("band", -0.4, 1.4, [(0.0, "short\n5"), (1.0, "long\n7")])
    picture = draw(Chart("t", "s", x, axis("y", 0, 100), [Line("a", 0, [(0.0, 1.0), (1.0, 2.0)])]))
    assert all(f">{label}</text>" in picture for label in ("short", "5", "long", "7"))


def test_a_curriculum_is_drawn_by_its_corners():
    steps = [(0.0, 20.0), (1.0, 20.0), (2.0, 50.0), (3.0, 50.0)]
    assert _stairs(steps) == [(0.0, 20.0), (2.0, 20.0), (2.0, 50.0), (3.0, 50.0)]


def test_the_best_of_each_column_is_bold_and_names_are_text():
    low, high = ({**dict.fromkeys(KEYS, value), "queries": 3} for value in (10.0, 20.0))
    page = results_table(Results({"a<b": low, "c": high}, {"c": low}, {"whole video": low}))
    assert page.count("<b>20.00</b>") == 9
    assert "<b>10.00</b>" not in page
    assert "a&lt;b" in page
    assert page.index("asked with") < page.index("whole video")


def test_the_category_of_a_noise():
    names = {"31": "mouse click"}
    assert category_of("5-9313001-A-31.wav", names) == "mouse click"
    assert category_of("5-9313001-A-32.wav", names) == "5-9313001-A-32.wav"
    assert category_of("", names) == ""


def test_speech_as_mp3_is_as_long_and_as_loud(tmp_path):
    samples = (8000 * np.sin(np.arange(20_000) / 20)).astype(np.int16)
    write_speech(tmp_path / "a.mp3", samples)
    heard, rate = soundfile.read(tmp_path / "a.mp3", dtype="int16")
    assert (rate, len(heard)) == (16_000, 20_000)
    assert np.std(heard - samples.astype(float)) < 0.05 * np.std(samples)
    assert (tmp_path / "a.mp3").stat().st_size < samples.nbytes / 4


def test_a_spectrogram_has_a_pixel_per_frame_and_band_and_low_bands_below(tmp_path):
    mel = np.full((30, 8), -10.0)
    mel[10, 0] = 5.0
    write_spectrogram(tmp_path / "a.png", mel)
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (8, 30)
    assert picture[7, 10] == SHADES - 1
    assert np.count_nonzero(picture) == 1
    # Silence all through is dark, and no division by nothing.
    write_spectrogram(tmp_path / "b.png", np.full((5, 8), -13.8))
    assert not np.asarray(Image.open(tmp_path / "b.png")).any()
