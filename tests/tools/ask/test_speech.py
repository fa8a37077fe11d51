"""Recordings of any format and arrays, as the corpus would have read them."""

import av
import numpy as np
import pytest
import soundfile

from stages.common.audio import read_audio, to_int16
from stages.common.errors import DataError
from stages.tools.ask.speech import samples_of
from tests.tools.ask.world import RATE, speech, write_video


def tone(seconds, rate, level=0.3):
    return (level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def level_at_440(samples):
    spectrum = np.abs(np.fft.rfft(samples / 32767.0))
    assert abs(spectrum.argmax() * RATE / len(samples) - 440) < 2
    return np.sqrt(2) * np.std(samples[2000:-2000] / 32767.0)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_files_that_soundfile_reads(tmp_path, name):
    soundfile.write(tmp_path / name, np.stack([tone(1, 44_100), 0 * tone(1, 44_100)], 1), 44_100)
    samples = samples_of(tmp_path / name)
    assert samples.dtype == np.int16
    assert abs(len(samples) - RATE) < 1500
    # The mean of both channels: half as loud.
    assert level_at_440(samples) == pytest.approx(0.15, abs=0.01)
    np.testing.assert_array_equal(samples, to_int16(read_audio(tmp_path / name))[0])


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.webm", "libopus")])
def test_files_that_need_a_decoder(tmp_path, name, codec):
    sound = tone(1, 48_000)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([sound, sound]), format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    samples = samples_of(tmp_path / name)
    assert abs(len(samples) - RATE) < 1500
    assert level_at_440(samples) == pytest.approx(0.3, abs=0.03)


def test_the_sound_of_a_video(clip):
    assert abs(len(samples_of(clip)) - 8 * RATE) < 2000


def test_arrays():
    np.testing.assert_array_equal(samples_of((speech(), RATE)), speech())
    whole = tone(1, RATE)
    np.testing.assert_array_equal(samples_of((whole, RATE)), to_int16(whole)[0])
    np.testing.assert_array_equal(samples_of((np.stack([whole, whole], 1), RATE)), to_int16(whole)[0])
    in_32_bits = (whole.astype(np.float64) * 2**31).astype(np.int32)
    assert np.abs(samples_of((in_32_bits, RATE)).astype(int) - to_int16(whole)[0]).max() <= 1
    assert abs(len(samples_of((tone(1, 48_000), 48_000))) - RATE) <= 1


@pytest.mark.parametrize(
    ("samples", "rate", "fault"),
    [
        (speech(0.1), RATE, "the speech lasts 0.10 s; expected a sentence, 0.25 s at least"),
        (speech()[:0], RATE, "lasts 0.00 s"),
        (np.zeros(RATE, np.float32), RATE, r"is silent \(loudness zeros alone"),
        (tone(1, RATE, 5e-4), RATE, r"is silent \(loudness -69 dB, expected -60 dB at least\)"),
        (np.full(RATE, np.nan, np.float32), RATE, "NaN"),
        (np.zeros((2, RATE), np.float32), RATE, r"shape \[2, 16000\]"),
        (speech(), 0, "rate 0"),
        (np.zeros(RATE, bool), RATE, "holds bool"),
        (np.zeros(601 * 1000, np.float32), 1000, "lasts 10 minutes or more"),
    ],
)  # fmt: skip
def test_arrays_that_are_refused(samples, rate, fault):
    with pytest.raises(DataError, match=fault):
        samples_of((samples, rate))


def test_files_that_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"no\.wav does not exist"):
        samples_of(tmp_path / "no.wav")
    with pytest.raises(DataError, match="is no file"):
        samples_of(tmp_path)
    (tmp_path / "note.txt").write_text("to do: speak")
    with pytest.raises(DataError, match=r"note\.txt can't be read as audio \(Invalid data"):
        samples_of(tmp_path / "note.txt")
    with pytest.raises(DataError, match="holds no sound"):
        samples_of(write_video(tmp_path / "mute.mp4", 1))
    soundfile.write(tmp_path / "long.flac", np.zeros(601 * 1000, np.int16), 1000)
    with pytest.raises(DataError, match="lasts 10 minutes or more"):
        samples_of(tmp_path / "long.flac")
    soundfile.write(tmp_path / "cut.wav", speech(), RATE)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:20_000])
    with pytest.raises(DataError, match="is cut short"):
        samples_of(tmp_path / "cut.wav")
