import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from stages.esc50 import __main__ as room
from stages.esc50.categories import CATEGORIES, Clip, all_clips, render
from stages.esc50.signals import LENGTH, RATE

REAL = Path(__file__).parents[2] / "../shared/real/esc50/meta/esc50.csv"
BY_NAME = {category.name: category for category in CATEGORIES}


def spectrum(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and the share of the power at each, over both clips of fold 1."""
    power = sum(
        np.abs(np.fft.rfft(render(Clip(BY_NAME[name], 1, n), 0).astype(float))) ** 2 for n in range(2)
    )
    return np.fft.rfftfreq(LENGTH, 1 / RATE), power / power.sum()


def share(name: str, low: int, high: int) -> float:
    hertz, power = spectrum(name)
    return float(power[(hertz >= low) & (hertz < high)].sum())


def beat(name: str) -> float:
    """The rate, per second, at which the loudness goes up and down."""
    samples = render(Clip(BY_NAME[name], 1, 0), 0).astype(float)
    loud = np.abs(samples[: LENGTH // 100 * 100]).reshape(-1, 100).mean(1)
    lags = np.correlate(loud - loud.mean(), loud - loud.mean(), "full")[len(loud) :]
    # The first high peak after the correlation has left the neighbourhood of zero.
    below = int(np.argmax(lags < 0))
    return RATE / 100 / (below + 1 + int(np.argmax(lags[below : below + 400])))


@pytest.mark.skipif(not REAL.exists(), reason="no real ESC-50 beside the checkout")
def test_names_and_numbers_are_those_of_the_real_table():
    real = pd.read_csv(REAL).drop_duplicates("category").set_index("category")
    for name, category in BY_NAME.items():
        assert real.loc[name, "target"] == category.target
        assert real.loc[name, "esc10"] == category.esc10


def test_file_names_follow_esc50_and_are_unique():
    clips = all_clips(2)
    assert len({clip.filename for clip in clips}) == len(clips) == 2 * 5 * len(CATEGORIES)
    for clip in clips:
        found = re.fullmatch(r"(\d)-(\d+)-A-(\d+)\.wav", clip.filename)
        assert [int(part) for part in found.groups()] == [clip.fold, clip.source, clip.category.target]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_clip_lasts_five_seconds_and_is_neither_silent_nor_clipped(name):
    first, second = (render(Clip(BY_NAME[name], fold, 0), seed=0) for fold in (1, 5))
    for samples in (first, second):
        assert samples.dtype == np.int16
        assert len(samples) == LENGTH
        assert 0.29 * 32767 < np.abs(samples.astype(int)).max() < 0.96 * 32767
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.9


def test_the_seed_and_the_name_alone_decide():
    clip = Clip(BY_NAME["rain"], 1, 0)
    assert np.array_equal(render(clip, 0), render(clip, 0))
    assert not np.array_equal(render(clip, 0), render(clip, 1))


def test_sounds_lie_where_their_classes_do():
    assert share("wind", 0, 1500) > 0.95
    assert share("thunderstorm", 0, 500) > 0.7
    assert share("airplane", 60, 1200) > 0.9
    assert share("chirping_birds", 1500, 9000) > 0.9
    assert share("crickets", 3500, 6000) > 0.8
    assert share("mouse_click", 1500, 9000) > 0.8
    assert share("siren", 400, 4500) > 0.9
    assert share("crying_baby", 300, 5000) > 0.9
    # A hiss: no octave from 1 to 8 kHz dominates.
    octaves = [share("rain", low, 2 * low) for low in (1000, 2000, 4000)]
    assert max(octaves) < 0.6


@pytest.mark.parametrize(
    ("name", "low", "high"), [("helicopter", 9, 16), ("footsteps", 1.5, 2.6), ("engine", 17, 50)]
)
def test_rhythms_are_those_of_their_classes(name, low, high):
    assert low <= beat(name) <= high


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    # Four categories are enough to see how the room works.
    monkeypatch.setattr("stages.esc50.categories.CATEGORIES", CATEGORIES[:4])
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


@pytest.mark.usefixtures("folder")
def test_the_table_describes_the_files():
    room.render_all(seed=0, clips_per_fold=1)
    table = pd.read_csv("data/esc50/meta/esc50.csv")
    assert list(table) == ["filename", "fold", "target", "category", "esc10", "src_file", "take"]
    assert set(table["filename"]) == {path.name for path in Path("data/esc50/audio").iterdir()}
    assert table["fold"].value_counts().to_dict() == dict.fromkeys(range(1, 6), 4)
    info = soundfile.info(f"data/esc50/audio/{table['filename'][0]}")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (22_050, 1, 110_250, "PCM_16")


def test_more_clips_leave_the_others_as_they_are(folder):
    room.render_all(seed=0, clips_per_fold=1)
    few = contents(folder / "data/esc50/audio")
    room.render_all(seed=0, clips_per_fold=2)
    many = contents(folder / "data/esc50/audio")
    assert len(many) == 2 * len(few)
    assert few.items() <= many.items()


@pytest.mark.fault("synthesising noise interrupted", lost="the clip at work")
def test_an_interrupted_run_goes_on_where_it_stopped(folder, monkeypatch, seen):
    room.render_all(seed=0, clips_per_fold=1)
    whole = contents(folder / "data/esc50")
    rendered = []

    def render_seven(clip, seed):
        if len(rendered) == 7:
            raise KeyboardInterrupt
        rendered.append(clip.filename)
        return render(clip, seed)

    monkeypatch.setattr(room, "OUT", Path("again/esc50"))
    monkeypatch.setattr(room, "render", render_seven)
    with pytest.raises(KeyboardInterrupt):
        room.render_all(seed=0, clips_per_fold=1)
    assert not Path("again").exists()
    monkeypatch.setattr(
        room, "render", lambda clip, seed: rendered.append(clip.filename) or render(clip, seed)
    )
    room.render_all(seed=0, clips_per_fold=1)
    assert sorted(rendered) == sorted({*rendered})
    assert contents(folder / "again/esc50") == whole
    seen("no half artifact; no finished clip was rendered again, and the bytes are the same")
