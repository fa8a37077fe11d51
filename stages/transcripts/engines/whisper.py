"""OpenAI's Whisper, run by faster-whisper from a local folder: no file is fetched."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int16

from stages.common.audio import from_int16
from stages.common.errors import DataError
from stages.common.params.asr import Asr
from stages.transcripts.engines.interface import Heard, expected_file, optional_package

_OWN_BEAM = 5
_FILES = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True)
class Listener:
    """A loaded model."""

    model: Any
    beam: int

    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        if not len(samples):
            return Heard("", math.nan)
        # Temperature 0 alone: when unsure it would otherwise draw words at random.
        segments, _ = self.model.transcribe(
            from_int16(samples), language="en", beam_size=self.beam, temperature=0.0, without_timestamps=True
        )
        found = list(segments)
        confidence = float(np.mean([segment.avg_logprob for segment in found])) if found else math.nan
        return Heard(" ".join(segment.text.strip() for segment in found), confidence)


class Engine:
    """Whisper; the confidence is the mean logarithm of its tokens' probabilities."""

    queries_per_process = None

    def __init__(self, asr: Asr) -> None:
        assert asr.model is not None, "params.yaml names a folder for this engine"
        self.folder, self.beam = Path(asr.model), asr.beam_width or _OWN_BEAM

    def files(self) -> list[Path]:
        return [self.folder / name for name in _FILES]

    def check(self) -> None:
        # Without its tokenizer.json the package would fetch one from the network.
        for path in self.files():
            expected_file(
                path, "a file of a Whisper model in CTranslate2's format, as faster-whisper reads it"
            )
        optional_package("faster_whisper", "whisper")

    @contextmanager
    def recogniser(self) -> Iterator[Listener]:
        package = optional_package("faster_whisper", "whisper")
        try:
            model = package.WhisperModel(str(self.folder), device="cpu", cpu_threads=1)
        # Of a damaged tokenizer.json it raises nothing more special.
        except Exception as error:
            raise DataError(
                f"asr.model: {self.folder} holds no model that faster-whisper reads "
                f"({' '.join(str(error).split())}); expected one in CTranslate2's format"
            ) from None
        yield Listener(model, self.beam)
