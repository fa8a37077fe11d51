"""Moonshine's English base model, in the package moonshine-cpp: the best that brings its model along."""

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Int16

from stages.common.audio import from_int16
from stages.common.errors import DataError
from stages.common.params.asr import Asr
from stages.transcripts.engines.interface import Heard, optional_package

# Shorter speech, which holds no word, is refused.
_SHORTEST_SAMPLES = 1_600


@dataclass(frozen=True)
class Listener:
    """A loaded model. The package's own method for samples does not run, so its C function is called here."""

    library: Any
    model: Any

    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        if len(samples) < _SHORTEST_SAMPLES:
            return Heard("", math.nan)
        sound = np.ascontiguousarray(from_int16(samples), np.float32)
        text = ctypes.c_char_p()
        code = self.library.moonshine_transcribe(
            self.model.model_handle,
            sound.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            len(sound),
            ctypes.byref(text),
        )
        if code:
            raise DataError(f"moonshine fails on a query of {len(samples)} samples with code {code}")
        heard = (text.value or b"").decode("utf-8", errors="replace")
        self.library.moonshine_free_text(text)
        return Heard(heard, math.nan)


class Engine:
    """Moonshine as it comes; it says nothing of its confidence."""

    # Each query leaves 30 to 55 MB behind.
    queries_per_process = 20

    def __init__(self, _: Asr) -> None:
        pass

    def files(self) -> list[Path]:
        return []

    def check(self) -> None:
        self._package()

    @contextmanager
    def recogniser(self) -> Iterator[Listener]:
        package = self._package()
        yield Listener(package.moonshine_lib, package.MoonshineModel())

    def _package(self) -> ModuleType:
        return optional_package("moonshine_cpp.moonshine_cpp", "moonshine")
