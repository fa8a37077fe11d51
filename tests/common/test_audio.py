import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.common.audio import SAMPLE_RATE, from_int16, loudness, read_audio, resample, to_int16
from stages.common.errors import DataError


def tone(rate, hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate).astype(np.float32) * 0.5


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_any_rate_becomes_16_khz_and_keeps_its_tone(tmp_path, rate):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([tone(rate, 440)] * 2, axis=1), rate)
    samples = read_audio(path)
    assert len(samples) == pytest.approx(SAMPLE_RATE, abs=2)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(samples) == pytest.approx(440, abs=1)
    assert loudness(samples) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_resampling_is_band_limited():
    # 15 kHz would fold down to 1 kHz.
    assert loudness(resample(tone(44100, 15000), 44100)) < 1e-3


def test_two_channels_are_averaged(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1), SAMPLE_RATE, "FLOAT")
    np.testing.assert_allclose(read_audio(path), 0.125)


@pytest.mark.fault("a recording cut short, empty, or with NaN samples", lost="that recording")
def test_bad_files_are_named(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(16000, 440), 16000)
    whole = path.read_bytes()
    path.write_bytes(whole[:2000])
    with pytest.raises(DataError, match=r"a\.wav is cut short: its header announces 32000 bytes .* 1956"):
        read_audio(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="can't be read as audio"):
        read_audio(path)
    soundfile.write(path, np.zeros(0), 16000)
    with pytest.raises(DataError, match="holds no samples"):
        read_audio(path)
    soundfile.write(path, np.array([0.0, np.nan]), 16000, "FLOAT")
    with pytest.raises(DataError, match="NaN or infinite"):
        read_audio(path)
    with pytest.raises(DataError, match="does not exist"):
        read_audio(tmp_path / "absent.wav")


@given(arrays(np.float32, st.integers(1, 50), elements=st.floats(-8, 8, width=32)))
def test_int16_never_clips(samples):
    stored, scaled = to_int16(samples)
    peak = np.abs(samples).max()
    assert scaled == (peak > 1)
    np.testing.assert_allclose(from_int16(stored), samples / max(peak, 1), atol=1 / 32767)
