"""How far transcripts are from what was said, counted in words and in characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jiwer

from stages.common.words import split_words


@dataclass(frozen=True)
class Pair:
    """What was said and what was understood, as words."""

    said: str
    understood: str


def as_pairs(captions: Sequence[str], texts: Sequence[str]) -> list[Pair]:
    """Both sides in lower case, without punctuation: engines differ in these."""
    return [
        Pair(" ".join(split_words(caption)), " ".join(split_words(text)))
        for caption, text in zip(captions, texts, strict=True)
    ]


def errors_of(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Word and character error rate in percent of what was said; the kinds of word errors, counted."""
    said, understood = [pair.said for pair in pairs], [pair.understood for pair in pairs]
    words = jiwer.process_words(said, understood)
    characters = jiwer.process_characters(said, understood)
    return {
        "queries": len(pairs),
        "wer": round(100 * words.wer, 2),
        "cer": round(100 * characters.cer, 2),
        "words": words.hits + words.substitutions + words.deletions,
        "substitutions": words.substitutions,
        "deletions": words.deletions,
        "insertions": words.insertions,
        "all_right": round(100 * sum(pair.said == pair.understood for pair in pairs) / len(pairs), 2),
        "empty": sum(not pair.understood for pair in pairs),
    }
