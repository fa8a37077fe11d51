"""Kokoro-82M: 28 English neural voices, 20 American and 8 British.

The package hibari-tts, whose alphabet is Kokoro's, tells sounds from spelling; so no GPL code takes part.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from stages.common.audio import resample
from stages.common.errors import DataError
from stages.corpus.voices.interface import neural_package
from stages.corpus.voices.kokoro_files import VOICES, model_file, voice_file

_RATE = 24_000
# A voice has a style for each number of sounds, up to this.
_LONGEST = 510


class Kokoro:
    """The voices as published; each is a speaker."""

    name = "kokoro"
    version = "Kokoro-82M 1.0, fp16; hibari-tts 0.2.1"
    slow = True
    speakers = VOICES

    def check(self) -> None:
        neural_package("hibari")
        neural_package("onnxruntime")
        model_file()

    def speak(self, text: str, speaker: str) -> Float[np.ndarray, " t"]:
        sounds = _spelled(speaker.startswith("b"))
        parts = [self._said(part, speaker) for part in sounds.phonemize(text)]
        if not parts:
            raise DataError(f"Kokoro made no sound of {text!r}; the caption holds nothing to say")
        return resample(np.concatenate(parts), _RATE)

    def _said(self, phonemes: str, speaker: str) -> Float[np.ndarray, " t"]:
        # The package puts a zero before and behind.
        ids = _spelled(speaker.startswith("b")).ids(phonemes)[: _LONGEST + 2]
        style = _style(speaker)[min(len(ids) - 2, _LONGEST - 1)]
        given = {
            "input_ids": np.array([ids], np.int64),
            "style": style.astype(np.float32),
            "speed": np.ones(1, np.float32),
        }
        return np.asarray(_model().run(None, given)[0], np.float32).reshape(-1)


@cache
def _model() -> Any:
    runtime = neural_package("onnxruntime")
    options = runtime.SessionOptions()
    # Workers are as many as the cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(str(model_file()), options, providers=["CPUExecutionProvider"])


@cache
def _spelled(british: bool) -> Any:
    package = neural_package("hibari")
    return package.Hibari(g2p=neural_package("hibari.g2p").G2P(british=british))


@cache
def _style(speaker: str) -> Float[np.ndarray, "sounds 1 width"]:
    return np.fromfile(voice_file(speaker), np.float32).reshape(_LONGEST, 1, 256)
