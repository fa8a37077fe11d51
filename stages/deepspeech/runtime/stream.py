"""Speech that arrives in pieces, and what has been understood of it so far."""

import ctypes
from types import TracebackType

import numpy as np
from jaxtyping import Int16

from stages.common.errors import UserError
from stages.deepspeech.runtime.api import taken_string
from stages.deepspeech.runtime.process import Owned
from stages.deepspeech.runtime.transcript import Transcript, taken_transcript


class Stream(Owned):
    """One utterance. Finish it, or use it in a `with` block; its model must not be closed before."""

    def __init__(self, library: ctypes.CDLL, model: ctypes.c_void_p) -> None:
        super().__init__()
        self.library, self._handle = library, ctypes.c_void_p()
        if code := library.DS_CreateStream(model, ctypes.byref(self._handle)):
            why = taken_string(library, library.DS_ErrorCodeToErrorMessage(code))
            raise UserError(f"DeepSpeech can't open a stream ({code:#06x}: {why}); free some memory")

    @property
    def handle(self) -> ctypes.c_void_p:
        """The stream as the library knows it."""
        self.check_process()
        if not self._handle:
            raise ValueError("the stream is finished")
        return self._handle

    def feed(self, samples: Int16[np.ndarray, " t"]) -> None:
        """The next piece, of any length."""
        sound = np.ascontiguousarray(samples)
        self.library.DS_FeedAudioContent(self.handle, sound, len(sound))

    def intermediate(self) -> str:
        """What was understood so far."""
        return taken_string(self.library, self.library.DS_IntermediateDecode(self.handle))

    def finish(self) -> str:
        """All that was understood; the stream ends."""
        pointer = self.library.DS_FinishStream(self.handle)
        self._handle = ctypes.c_void_p()
        return taken_string(self.library, pointer)

    def finish_with_metadata(self) -> Transcript:
        """All that was understood, with times and confidence; the stream ends."""
        pointer = self.library.DS_FinishStreamWithMetadata(self.handle, 1)
        self._handle = ctypes.c_void_p()
        return taken_transcript(self.library, pointer)

    def close(self) -> None:
        """Drop what was fed, if the stream is not finished."""
        if self._handle:
            self.library.DS_FreeStream(self.handle)
            self._handle = ctypes.c_void_p()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
