"""From a query to what a network takes: spectrograms for a method that listens, words for one that reads."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int16

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.common.logmel import LogMel
from stages.common.params.asr import Asr
from stages.common.params.schema import Mels
from stages.common.words import split_words
from stages.tools.ask.answer import Work
from stages.tools.ask.engine import engine_in
from stages.tools.ask.query import Query, Text
from stages.tools.ask.speech import samples_of
from stages.transcripts.engines.interface import Recogniser

Steps = Float[np.ndarray, "steps dims"]


@runtime_checkable
class Ear(Protocol):
    """What stands between a query and the network."""

    def __call__(self, query: Query, work: Work) -> tuple[Steps, str | None]:
        """The query's steps, and the words that were read."""

    def prepare(self) -> None:
        """Load what a spoken query needs."""

    def close(self) -> None:
        """Give back what was loaded."""


def heard(query: Query, work: Work) -> Int16[np.ndarray, " t"]:
    """The samples of a spoken query."""
    assert not isinstance(query, Text)
    with work.timed("speech"):
        return samples_of(Path(query) if isinstance(query, str) else query)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    # A sentence may be too long for a name.
    except (OSError, ValueError):
        return False


class Listening:
    """Speech as a log-mel spectrogram, in float16 as the pipeline stores it."""

    def __init__(self, method: str, mels: Mels, longest: int) -> None:
        self.method, self.longest, self.logmel = method, longest, LogMel(mels)

    def __call__(self, query: Query, work: Work) -> tuple[Steps, str | None]:
        if isinstance(query, Text):
            raise DataError(
                f"{self.method} listens and does not read: give it speech (`svground say TEXT "
                "OUT.wav` makes some), or ask a method that reads, such as asr or text"
            )
        samples = heard(query, work)
        # The windows of the frames that are kept; later samples are in none of them.
        needed = (self.longest - 1) * self.logmel.hop + self.logmel.params.fft // 2
        if len(samples) > needed + self.logmel.hop:
            work.notes.append(
                f"of {len(samples) / SAMPLE_RATE:.1f} s of speech the first {needed / SAMPLE_RATE:.1f} s are "
                "heard, as in training"
            )
        with work.timed("mels"):
            return self.logmel(samples[:needed]).astype(np.float16), None

    def prepare(self) -> None:
        return

    def close(self) -> None:
        return


@dataclass
class Reading:
    """Words as vectors: written ones or, where the method reads transcripts, those that are recognised."""

    method: str
    looked_up: Callable[[list[str], Work], Steps]
    # Settings of the recogniser; None for a method that reads captions.
    asr: Asr | None
    # The checkout that its files are in.
    project: Path

    def __post_init__(self) -> None:
        self._loaded = ExitStack()

    def __call__(self, query: Query, work: Work) -> tuple[Steps, str | None]:
        if isinstance(query, str) and not _is_file(query):
            raise DataError(f"{query!r} is no file; a sentence in writing is given as Text({query!r})")
        text = query.text if isinstance(query, Text) else self._transcript(query, work)
        with work.timed("words"):
            words = split_words(text)
            if isinstance(query, Text) and not words:
                raise DataError(f"the text {text!r} holds no word; expected a sentence")
            return self.looked_up(words, work), text

    def prepare(self) -> None:
        self._check_ears()
        _ = self.recogniser

    def _check_ears(self) -> None:
        if self.asr is None:
            raise DataError(f"{self.method} reads and has no ears: give it a sentence in writing (--text)")

    def _transcript(self, query: Query, work: Work) -> str:
        self._check_ears()
        samples = heard(query, work)
        recogniser = self.recogniser
        with work.timed("transcript"):
            text = recogniser.hear(samples).text
        if not text:
            work.notes.append("nothing was understood; the answer is that to a blank query")
        return text

    @cached_property
    def recogniser(self) -> Recogniser:
        """Loaded when first needed, and kept."""
        assert self.asr is not None
        return self._loaded.enter_context(engine_in(self.project, self.asr).recogniser())

    def close(self) -> None:
        self._loaded.close()
        self.__dict__.pop("recogniser", None)
