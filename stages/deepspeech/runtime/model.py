"""An acoustic model that was loaded, tried out, and can be asked."""

import ctypes
import math
import os
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Int16

from stages.common.errors import DataError, missing
from stages.deepspeech.runtime.api import taken_string
from stages.deepspeech.runtime.faults import model_fault, scorer_fault, silent_fault
from stages.deepspeech.runtime.native_output import captured_output
from stages.deepspeech.runtime.process import Owned
from stages.deepspeech.runtime.stream import Stream
from stages.deepspeech.runtime.transcript import Transcript, taken_transcript

_TRIAL_SECONDS = 1


class Model(Owned):
    """A DeepSpeech model. Close it, or use it in a `with` block."""

    def __init__(
        self,
        library: ctypes.CDLL,
        path: Path,
        scorer: Path | None,
        beam_width: int | None,
        alpha_beta: tuple[float, float] | None,
    ) -> None:
        super().__init__()
        self.library, self.path, self._handle = library, path, ctypes.c_void_p()
        for file in (path, scorer):
            if file is not None and not file.is_file():
                raise DataError(f"{file} {missing(file)}; expected a file of DeepSpeech there")
        try:
            self._load()
            if beam_width is not None:
                library.DS_SetModelBeamWidth(self._handle, beam_width)
            if scorer is not None:
                self._enable(scorer, alpha_beta)
            self._try_out()
        except BaseException:
            self.close()
            raise

    def _load(self) -> None:
        with captured_output() as said:
            code = self.library.DS_CreateModel(os.fsencode(self.path), ctypes.byref(self._handle))
            if code:
                raise model_fault(self.library, self.path, code, said())

    def _enable(self, scorer: Path, alpha_beta: tuple[float, float] | None) -> None:
        with captured_output() as said:
            code = self.library.DS_EnableExternalScorer(self._handle, os.fsencode(scorer))
            if code:
                raise scorer_fault(self.library, scorer, code, said())
        if alpha_beta is not None:
            self.library.DS_SetScorerAlphaBeta(self._handle, *alpha_beta)

    def _try_out(self) -> None:
        """Decode a second of silence: a graph that lacks a part loads well, and then answers nothing."""
        with captured_output() as said:
            heard = self.transcribe_with_metadata(np.zeros(_TRIAL_SECONDS * self.sample_rate, np.int16))
            errors = [line for line in said() if line.startswith("Error")]
        if errors or not math.isfinite(heard.confidence):
            raise silent_fault(self.path, errors)

    @property
    def handle(self) -> ctypes.c_void_p:
        """The model as the library knows it."""
        self.check_process()
        if not self._handle:
            raise ValueError(f"the model {self.path} is closed")
        return self._handle

    @property
    def sample_rate(self) -> int:
        """Samples per second that it takes. The library does not check it."""
        return int(self.library.DS_GetModelSampleRate(self.handle))

    @property
    def beam_width(self) -> int:
        return int(self.library.DS_GetModelBeamWidth(self.handle))

    def transcribe(self, samples: Int16[np.ndarray, " t"]) -> str:
        """What is said; nothing may be."""
        sound = np.ascontiguousarray(samples)
        return taken_string(self.library, self.library.DS_SpeechToText(self.handle, sound, len(sound)))

    def transcribe_with_metadata(self, samples: Int16[np.ndarray, " t"]) -> Transcript:
        """What is said, with times and confidence."""
        sound = np.ascontiguousarray(samples)
        return taken_transcript(
            self.library, self.library.DS_SpeechToTextWithMetadata(self.handle, sound, len(sound), 1)
        )

    def stream(self) -> Stream:
        """Speech that arrives in pieces."""
        return Stream(self.library, self.handle)

    def close(self) -> None:
        """Give the memory back; a second time does nothing."""
        if self._handle:
            self.library.DS_FreeModel(self.handle)
            self._handle = ctypes.c_void_p()

    def __enter__(self) -> "Model":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
