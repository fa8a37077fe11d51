"""Speech of any common format, or an array, as the corpus holds it: 16 kHz mono int16."""

from pathlib import Path

import av
import numpy as np
import soundfile
from jaxtyping import Float, Int16

from stages.common.audio import SAMPLE_RATE, loudness, read_audio, resample, to_int16
from stages.common.errors import DataError

# Samples, [t] or [t, channels], and their rate.
Sound = tuple[np.ndarray, int]

SHORTEST_SECONDS = 0.25
LONGEST_SECONDS = 600
# -60 dB of full scale; a muted microphone gives less, a whisper more.
SILENCE = 1e-3
_MOST_CHANNELS = 32


def samples_of(source: Path | Sound) -> Int16[np.ndarray, " t"]:
    """The speech; refused where there is too little of it to hear anything."""
    if isinstance(source, tuple):
        name, sound = "the speech", _from_array(*source)
    else:
        name, sound = str(source), to_int16(_read(source))[0]
    seconds = len(sound) / SAMPLE_RATE
    if seconds < SHORTEST_SECONDS:
        raise DataError(f"{name} lasts {seconds:.2f} s; expected a sentence, {SHORTEST_SECONDS} s at least")
    level = loudness(sound / np.float32(32767))
    if level < SILENCE:
        decibels = f"{20 * np.log10(level):.0f} dB" if level else "zeros alone"
        raise DataError(
            f"{name} is silent (loudness {decibels}, expected {20 * np.log10(SILENCE):.0f} dB at least); "
            "is the microphone muted?"
        )
    return sound


def _from_array(samples: np.ndarray, rate: int) -> Int16[np.ndarray, " t"]:
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and samples.shape[1] > _MOST_CHANNELS):
        raise DataError(f"the speech has the shape {list(samples.shape)}, expected [t] or [t, channels]")
    if not 1000 <= rate <= 1_000_000:
        raise DataError(f"the speech has the rate {rate}, expected samples per second, e.g. 16000")
    if len(samples) > LONGEST_SECONDS * rate:
        raise _too_long("the speech", len(samples) / rate)
    if samples.dtype == np.int16 and samples.ndim == 1 and rate == SAMPLE_RATE:
        return samples
    if np.issubdtype(samples.dtype, np.signedinteger):
        sound = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    elif np.issubdtype(samples.dtype, np.floating):
        sound = samples.astype(np.float32)
    else:
        raise DataError(f"the speech holds {samples.dtype}, expected int16 or floats in [-1, 1]")
    if not np.isfinite(sound).all():
        raise DataError("the speech holds NaN or infinite samples")
    mono = sound.mean(axis=1) if sound.ndim == 2 else sound
    return to_int16(resample(mono, rate))[0]


def _read(path: Path) -> Float[np.ndarray, " t"]:
    if not path.exists():
        raise DataError(f"{path} does not exist; expected a recording there")
    if not path.is_file():
        raise DataError(f"{path} is no file; expected a recording")
    try:
        facts = soundfile.info(path)
    except soundfile.LibsndfileError:
        return _decoded(path)
    if not facts.frames:
        raise _empty(path)
    if facts.frames > LONGEST_SECONDS * facts.samplerate:
        raise _too_long(str(path), facts.frames / facts.samplerate)
    return read_audio(path)


def _decoded(path: Path) -> Float[np.ndarray, " t"]:
    """What libsndfile does not know, e.g. m4a, webm, or a video's sound."""
    pieces, length, rate = [], 0, SAMPLE_RATE
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise DataError(f"{path} holds no sound; expected a recording of a sentence")
            to_floats = av.AudioResampler(format="fltp")
            for frame in container.decode(audio=0):
                for part in to_floats.resample(frame):
                    pieces.append(part.to_ndarray().mean(axis=0))
                    length, rate = length + part.samples, part.sample_rate
                if length > LONGEST_SECONDS * rate:
                    raise _too_long(str(path), length / rate)
    except (av.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} can't be read as audio ({reason}); expected a recording like wav") from None
    if not length:
        raise _empty(path)
    return resample(np.concatenate(pieces), rate)


def _empty(path: Path) -> DataError:
    return DataError(f"{path} holds no samples; expected a recording of a sentence")


def _too_long(name: str, seconds: float) -> DataError:
    return DataError(
        f"{name} lasts {seconds / 60:.0f} minutes or more; expected a sentence, not more than "
        f"{LONGEST_SECONDS // 60} minutes"
    )
