"""The library, loaded once, and the models made with it."""

import ctypes
from functools import cached_property
from pathlib import Path

from stages.deepspeech.runtime.api import load_library, taken_string
from stages.deepspeech.runtime.machine import check_machine
from stages.deepspeech.runtime.model import Model


class Runtime:
    """libdeepspeech.so. It is loaded when first needed, so that a Runtime may be sent to a worker."""

    def __init__(self, library: Path) -> None:
        self.path = library

    @cached_property
    def library(self) -> ctypes.CDLL:
        """The library with typed functions; refused on a machine that can't run it."""
        check_machine()
        return load_library(self.path)

    @property
    def version(self) -> str:
        return taken_string(self.library, self.library.DS_Version())

    def model(
        self,
        path: Path,
        scorer: Path | None = None,
        beam_width: int | None = None,
        alpha_beta: tuple[float, float] | None = None,
    ) -> Model:
        """An acoustic model, with a language model if `scorer` is given; what is None is the file's own."""
        return Model(self.library, path, scorer, beam_width, alpha_beta)

    def __getstate__(self) -> dict[str, Path]:
        return {"path": self.path}
