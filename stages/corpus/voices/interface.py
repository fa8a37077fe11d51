"""What the corpus asks of an engine that speaks."""

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from stages.common.errors import UserError


@runtime_checkable
class Voices(Protocol):
    """The voices of one engine. It is sent to worker processes, so it holds no model."""

    # As `corpus.voices` has it.
    name: str
    # What the sound depends on beside text and speaker: a change makes another sound.
    version: str
    # Whether speaking takes so long that what was spoken is kept in the user's cache.
    slow: bool

    @property
    def speakers(self) -> Sequence[str]:
        """Their names."""

    def check(self) -> None:
        """Refuse, before any work, what can't be used; fetch what is fetched once."""

    def speak(self, text: str, speaker: str) -> Float[np.ndarray, " t"]:
        """The sentence as 16 kHz mono float32 in [-1, 1]: the same for the same arguments."""


def neural_package(name: str) -> ModuleType:
    """A package that only neural voices need."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.split(".")[0]:
            raise
        raise UserError(
            f"corpus.voices needs the package {error.name}; run `pip install '.[voices]'`, or choose espeak"
        ) from None
