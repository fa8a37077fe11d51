"""The 28 characters that the network spells with."""

import struct
import unicodedata

import numpy as np
from jaxtyping import Int

from stages.common.words import split_words

ALPHABET = " abcdefghijklmnopqrstuvwxyz'"
# CTC's blank is the class behind the last character.
BLANK = len(ALPHABET)
_NUMBERS = {character: number for number, character in enumerate(ALPHABET)}


def spelled(caption: str) -> str | None:
    """The words of a caption in the alphabet; None where one can't be spelled with it, e.g. a number."""
    plain = unicodedata.normalize("NFKD", " ".join(split_words(caption)))
    text = "".join(character for character in plain if not unicodedata.combining(character))
    return text if text and set(text) <= set(ALPHABET) else None


def as_labels(text: str) -> Int[np.ndarray, " characters"]:
    """The classes of a text's characters."""
    return np.array([_NUMBERS[character] for character in text], dtype=np.int64)


def as_text(classes: Int[np.ndarray, " frames"]) -> str:
    """What CTC's classes per frame spell: repetitions are one, blanks nothing."""
    first = np.diff(classes, prepend=-1) != 0
    return "".join(ALPHABET[number] for number in classes[first] if number != BLANK)


def serialised() -> bytes:
    """The alphabet as the library reads it: a count, then number, length and UTF-8 of each character."""
    entries = [struct.pack("<HH", number, len(c.encode())) + c.encode() for c, number in _NUMBERS.items()]
    return struct.pack("<H", len(entries)) + b"".join(entries)
