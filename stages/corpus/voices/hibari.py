"""hibari: one neural voice, distilled from Kokoro's af_heart, all in one small package."""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from stages.common.audio import resample
from stages.common.errors import DataError
from stages.corpus.voices.interface import neural_package

# So that not all speech has one pace: people differ by about as much.
_PACES = (0.85, 0.95, 1.05, 1.15)


class Hibari:
    """The package's one voice at four paces, each a speaker."""

    name = "hibari"
    version = "hibari-tts 0.2.1"
    slow = False
    speakers = tuple(f"heart-{pace}" for pace in _PACES)

    def check(self) -> None:
        neural_package("hibari")

    def speak(self, text: str, speaker: str) -> Float[np.ndarray, " t"]:
        engine = _loaded()
        # Its noise is drawn from the seed.
        sound = engine(text, speed=float(speaker.removeprefix("heart-")), seed=0)
        if not len(sound):
            raise DataError(f"hibari made no sound of {text!r}; the caption holds nothing to say")
        return resample(np.asarray(sound, np.float32), engine.sample_rate)


@cache
def _loaded() -> Any:
    return neural_package("hibari").Hibari()
