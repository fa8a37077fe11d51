import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from stages.common.artifacts import sha256_of
from stages.common.building import build_shards
from stages.common.errors import ParamsError
from stages.common.logmel import FLOOR, LogMel
from stages.common.params.schema import Mels
from stages.common.shards import Shards
from stages.mels.__main__ import main

ROOT = Path(__file__).parents[2]
PARAMS = Mels(bands=128, window_ms=25.0, hop_ms=10.0, fft=400, scale="slaney")


def tone(hertz, seconds=1.0):
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(16000 * seconds)) / 16000)).astype(np.int16)


def test_ten_milliseconds_a_frame():
    assert LogMel(PARAMS)(tone(440)).shape == (101, 128)
    assert LogMel(PARAMS)(tone(440, 0.001)).shape == (1, 128)


def test_silence_is_the_floor():
    np.testing.assert_allclose(LogMel(PARAMS)(np.zeros(1600, np.int16)), math.log(FLOOR), rtol=1e-6)


def test_a_tone_is_loudest_in_its_own_band():
    logmel = LogMel(PARAMS)
    for hertz in (300, 1000, 4000):
        band = logmel(tone(hertz))[50].argmax()
        peak = logmel.filters[:, band].argmax() * 8000 / 200
        assert abs(peak - hertz) <= 60


def test_ten_times_the_amplitude_adds_the_log_of_a_hundred():
    logmel = LogMel(PARAMS)
    quiet, loud = logmel(tone(1000) // 10), logmel(tone(1000))
    band = loud[50].argmax()
    assert loud[50, band] - quiet[50, band] == pytest.approx(math.log(100), abs=0.01)


def test_agrees_with_an_independent_transform():
    samples = np.random.default_rng(0).integers(-5000, 5000, 4000).astype(np.int16)
    logmel = LogMel(PARAMS)
    padded = np.pad(samples / 32767, 200)
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 400)  # periodic Hamming
    frames = np.stack([padded[i * 160 : i * 160 + 400] * window for i in range(26)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    expected = np.log(power @ logmel.filters.numpy() + FLOOR)
    np.testing.assert_allclose(logmel(samples), expected, atol=2e-3)


def test_no_band_of_the_default_is_empty():
    params = OmegaConf.to_container(OmegaConf.load(ROOT / "params.yaml"))["mels"]
    assert (LogMel(Mels(**params)).filters.amax(dim=0) > 0).all()


@pytest.fixture
def mixed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    clips = {f"q{n:03d}": tone(200 + 10 * n, 0.1 + 0.01 * n) for n in range(70)}
    build_shards(tmp_path / "data/mixed", clips, lambda clip: clip, "int16", "clip")

    def write_params(**changes):
        content = OmegaConf.load(ROOT / "params.yaml")
        content.mels = OmegaConf.merge(content.mels, changes)
        OmegaConf.save(content, tmp_path / "params.yaml")

    write_params()
    return clips, write_params


def test_the_room_writes_every_clip_and_one_shard_per_shard(mixed, tmp_path):
    clips, _ = mixed
    main()
    mels = Shards(tmp_path / "data/mels", "mels")
    assert mels.ids() == sorted(clips)
    assert mels.manifest["bands"] == 128
    np.testing.assert_array_equal(mels["q005"], LogMel(PARAMS)(clips["q005"]).astype(np.float16))
    assert not (tmp_path / ".checkpoints" / "mels").exists()


@pytest.mark.usefixtures("mixed")
def test_workers_do_not_change_the_bytes(tmp_path, monkeypatch):
    main()
    one = [sha256_of(path) for path in sorted((tmp_path / "data/mels").iterdir())]
    monkeypatch.setenv("SVG_WORKERS", "2")
    torch.set_num_threads(2)
    main()
    torch.set_num_threads(1)
    assert [sha256_of(path) for path in sorted((tmp_path / "data/mels").iterdir())] == one


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fft": 512, "scale": "htk"}, "1 of 128 bands hold no frequency"),
        ({"fft": 256}, "set it to 400 or more"),
    ],
)
def test_params_that_spoil_the_spectrogram_are_refused(mixed, capsys, changes, words):
    _, write_params = mixed
    write_params(**changes)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ParamsError.exit_code
    assert words in capsys.readouterr().err


def test_without_mixed_speech_it_says_what_makes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["stage"])
    shutil.copy(ROOT / "params.yaml", tmp_path)
    with pytest.raises(SystemExit):
        main()
    assert "data/mixed/manifest.json is missing; run `dvc repro mix`" in capsys.readouterr().err
