"""Recordings of any rate and channel count, as 16 kHz mono; int16 samples without clipping."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from jaxtyping import Float, Int16

from stages.common.errors import DataError

SAMPLE_RATE = 16_000


def resample(samples: Float[np.ndarray, " t"], rate: int) -> Float[np.ndarray, " u"]:
    """Band-limited resampling to 16 kHz."""
    if rate == SAMPLE_RATE:
        return samples
    return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ"))


def read_audio(path: Path) -> Float[np.ndarray, " t"]:
    """Read a recording as 16 kHz mono float32 in [-1, 1]; refuse what is cut short, empty or no audio."""
    _refuse_truncated_wav(path)
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    # A damaged head may announce more sound than there is memory.
    except (soundfile.LibsndfileError, OSError, ValueError, MemoryError) as error:
        raise DataError(f"{path} can't be read as audio ({error}); replace the file") from None
    if not len(samples):
        raise DataError(f"{path} holds no samples; replace the recording or remove its query")
    if not np.isfinite(samples).all():
        raise DataError(f"{path} holds NaN or infinite samples; replace the recording")
    return resample(samples.mean(axis=1), rate)


def _refuse_truncated_wav(path: Path) -> None:
    # libsndfile reads a cut file silently, as far as it goes.
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(12)
            if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
                return
            while len(chunk := file.read(8)) == 8:
                length = int.from_bytes(chunk[4:], "little")
                if chunk[:4] == b"data" and length != 0xFFFFFFFF:
                    found = size - file.tell()
                    if found < length:
                        raise DataError(
                            f"{path} is cut short: its header announces {length} bytes of sound, "
                            f"{found} are there; copy the file again"
                        )
                    return
                file.seek(length + length % 2, 1)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; expected a recording there") from None


def to_int16(samples: Float[np.ndarray, " t"]) -> tuple[Int16[np.ndarray, " t"], bool]:
    """Samples in [-1, 1] as int16. Louder ones are scaled down as a whole; True says so."""
    peak = float(np.abs(samples).max(initial=0))
    scaled = peak > 1
    if scaled:
        samples = samples / peak
    return np.round(samples * 32767).astype(np.int16), scaled


def from_int16(samples: Int16[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
    """int16 samples as float32 in [-1, 1]."""
    return samples.astype(np.float32) / 32767


def loudness(samples: Float[np.ndarray, " t"]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
