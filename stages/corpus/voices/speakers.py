"""58 speakers, 28 male and 30 female as in the paper: espeak variants in two accents, each its own pace."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stages.corpus.voices.espeak import Voice, package, speak

_FEMALE = ["f1", "f2", "f3", "f4", "f5", "Annie", "Alicia", "Andrea", "anika", "aunty", "belinda",
           "linda", "grandma", "steph", "shelby"]  # fmt: skip
_MALE = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "adam", "Michael", "john", "paul", "david",
         "robert"]  # fmt: skip
_ACCENTS = {"us": "en-us", "rp": "en-gb-x-rp"}


@dataclass(frozen=True)
class Speaker:
    """A speaker and the voice they have."""

    name: str
    sex: str
    voice: Voice


def _speakers() -> dict[str, Speaker]:
    speakers = {}
    for sex, variants in (("female", _FEMALE), ("male", _MALE)):
        for number, variant in enumerate(variants):
            for shift, (accent, base) in enumerate(_ACCENTS.items()):
                # Paces of 150 to 186 words a minute and pitches of 38 to 62, spread over the variants.
                place = 7 * number + 4 * shift
                voice = Voice(f"{base}+{variant}", 150 + 4 * (place % 10), 38 + 3 * (place % 9))
                name = f"{variant}-{accent}"
                speakers[name] = Speaker(name, sex, voice)
    return speakers


SPEAKERS = _speakers()


class Espeak:
    """espeak-ng as an engine of `corpus.voices`."""

    name = "espeak"
    version = "espeak-ng 1.52"
    slow = False
    speakers = tuple(SPEAKERS)

    def check(self) -> None:
        package()

    def speak(self, text: str, speaker: str) -> Float[np.ndarray, " t"]:
        return speak(text, SPEAKERS[speaker].voice)
