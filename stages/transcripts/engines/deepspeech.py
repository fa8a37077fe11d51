"""The DeepSpeech 0.9.3 runtime, with our weights or with the files of `asr.model` and `asr.scorer`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.common.params.asr import Asr
from stages.deepspeech.runtime import Model, Runtime
from stages.deepspeech.runtime.trial import try_model
from stages.transcripts.engines.interface import Heard, expected_file

LIBRARY = Path("data/deepspeech/libdeepspeech.so")
OUR_MODEL = Path("models/deepspeech/acoustic.pbmm")
OUR_SCORER = Path("models/deepspeech/captions.scorer")


@dataclass(frozen=True)
class Listener:
    """A loaded model."""

    model: Model

    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        transcript = self.model.transcribe_with_metadata(samples)
        return Heard(transcript.text, transcript.confidence)


class Engine:
    """DeepSpeech's runtime and the files it decodes with."""

    queries_per_process = None

    def __init__(self, asr: Asr) -> None:
        self.asr = asr
        self.runtime = Runtime(LIBRARY.absolute())
        ours = asr.model is None
        self.model = Path(asr.model) if asr.model is not None else OUR_MODEL.absolute()
        self.scorer = Path(asr.scorer) if asr.scorer is not None else OUR_SCORER.absolute() if ours else None

    def files(self) -> list[Path]:
        return [path for path in (self.runtime.path, self.model, self.scorer) if path is not None]

    def check(self) -> None:
        if self.asr.model is not None:
            expected_file(self.model, "a .pbmm of DeepSpeech 0.9")
        if self.asr.scorer is not None:
            expected_file(Path(self.asr.scorer), "a .scorer of DeepSpeech 0.9", "asr.scorer")
        rate = try_model(self.runtime, self.model, self.scorer)
        if rate != SAMPLE_RATE:
            raise DataError(
                f"{self.model} takes speech of {rate} Hz, expected {SAMPLE_RATE}; use a model made for that"
            )

    @contextmanager
    def recogniser(self) -> Iterator[Listener]:
        alpha, beta = self.asr.lm_alpha, self.asr.lm_beta
        weights = (alpha, beta) if alpha is not None and beta is not None else None
        with self.runtime.model(self.model, self.scorer, self.asr.beam_width, weights) as model:
            yield Listener(model)
