"""What was heard, character by character and word by word, with times and confidence."""

import ctypes
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from stages.common.errors import UserError


@dataclass(frozen=True)
class Token:
    """A character and the second at which it was heard."""

    text: str
    start: float


@dataclass(frozen=True)
class Word:
    """A word, and the seconds at which its first and its last character were heard."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """A reading of the sound; the `confidence` is about the logarithm of its probability."""

    tokens: tuple[Token, ...]
    confidence: float

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)

    @property
    def words(self) -> tuple[Word, ...]:
        runs = [
            list(run)
            for is_space, run in groupby(self.tokens, lambda token: token.text == " ")
            if not is_space
        ]
        return tuple(Word("".join(token.text for token in run), run[0].start, run[-1].start) for run in runs)


def taken_transcript(library: ctypes.CDLL, metadata: Any) -> Transcript:
    """A copy of the best reading in `metadata`, a pointer to what is then freed."""
    if not metadata:
        raise UserError(
            "DeepSpeech gave no transcript; free some memory, or take fewer workers (SVG_WORKERS)"
        )
    try:
        best = metadata.contents.transcripts[0]
        tokens = tuple(
            Token(token.text.decode("utf-8", errors="replace"), float(token.start_time))
            for token in best.tokens[: best.num_tokens]
        )
        return Transcript(tokens, float(best.confidence))
    finally:
        library.DS_FreeMetadata(metadata)
