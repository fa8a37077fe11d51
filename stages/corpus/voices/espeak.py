"""Speech from text by espeak-ng, called in this process; the same bytes in any order.

espeak carries state from one sentence to the next and draws from two random generators. A fresh copy of
the library for each sentence and fixed seeds for both make a sentence depend on its text and voice alone.
The library is not thread-safe: one process per worker.
"""

import _ctypes
import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.audio import resample
from stages.common.errors import DataError, UserError

_SYNCHRONOUS, _UTF8, _RATE, _PITCH = 2, 1, 1, 3
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class Voice:
    """An espeak voice: `name` is accent+variant, `rate` words a minute, `pitch` 0 to 100."""

    name: str
    rate: int
    pitch: int


@cache
def package() -> tuple[Path, str]:
    """The library and its data, as a package carries them."""
    try:
        import espeakng_loader
    except ModuleNotFoundError:
        raise UserError(
            "speaking captions needs espeak-ng, which is not installed; run `pip install '.[demo]'`"
        ) from None
    return Path(espeakng_loader.get_library_path()), espeakng_loader.get_data_path()


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(str(package()[0]))
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    return library


def speak(text: str, voice: Voice) -> Float[np.ndarray, " t"]:
    """The sentence as 16 kHz mono float32 in [-1, 1]."""
    library = _load()
    pieces: list[bytes] = []

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if samples and count:
            pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Callback(collect)
    ctypes.CDLL(None).srand(1)
    try:
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, package()[1].encode(), 0)
        if rate <= 0:
            raise UserError(f"espeak-ng did not start (code {rate}); reinstall with `pip install '.[demo]'`")
        library.espeak_ng_SetRandSeed(1)
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise DataError(f"espeak-ng has no voice {voice.name!r}; see stages/corpus/voices/speakers.py")
        library.espeak_SetParameter(_RATE, voice.rate, 0)
        library.espeak_SetParameter(_PITCH, voice.pitch, 0)
        encoded = text.encode()
        library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
        library.espeak_Synchronize()
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)
    samples = np.frombuffer(b"".join(pieces), dtype=np.int16).astype(np.float32) / 32768
    # An empty text gives a click of a few milliseconds.
    if len(samples) < rate / 20:
        raise DataError(f"espeak-ng made no sound of {text!r}; the caption holds nothing to say")
    return resample(samples, rate)
