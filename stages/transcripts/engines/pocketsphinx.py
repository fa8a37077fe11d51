"""CMU's pocketsphinx with the US English model in its package: small, old, and lost in noise."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int16

from stages.common.audio import SAMPLE_RATE
from stages.common.params.asr import Asr
from stages.transcripts.engines.interface import Heard, optional_package


@dataclass(frozen=True)
class Listener:
    """A decoder."""

    decoder: Any

    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        # It adapts to what it hears: without this an answer would depend on the queries before.
        self.decoder.reinit_feat()
        self.decoder.start_utt()
        if len(samples):
            self.decoder.process_raw(samples.tobytes(), full_utt=True)
        self.decoder.end_utt()
        found = self.decoder.hyp()
        return Heard("", 0.0) if found is None else Heard(found.hypstr, float(found.best_score))


class Engine:
    """pocketsphinx as it comes; the confidence is the score of the best path."""

    queries_per_process = None

    def __init__(self, _: Asr) -> None:
        pass

    def files(self) -> list[Path]:
        return []

    def check(self) -> None:
        optional_package("pocketsphinx", "pocketsphinx")

    @contextmanager
    def recogniser(self) -> Iterator[Listener]:
        package = optional_package("pocketsphinx", "pocketsphinx")
        yield Listener(package.Decoder(samprate=SAMPLE_RATE, cmn="batch", loglevel="FATAL"))
