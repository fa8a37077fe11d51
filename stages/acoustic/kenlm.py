"""N-grams in KenLM's binary format 5, of the kind "probing": hash tables that are mapped into memory."""

import struct
from collections.abc import Iterable

from stages.acoustic.murmur import murmur64
from stages.acoustic.ngrams import UNKNOWN, Ngram, Ngrams

_MAGIC = b"mmap lm http://kheafield.com/code format version 5\n\0"
# A reader on another kind of machine would find other numbers.
_SANITY = struct.pack("<56sfffIIxxxxQ", _MAGIC, 0.0, 1.0, -0.5, 1, 0xFFFFFFFF, 1)
_PROBING, _SEARCH_VERSION, _VOCABULARY_VERSION = 0, 0, 0
# Places in a table for each of its entries.
_ROOM = 1.5
_64_BITS = (1 << 64) - 1


def as_probing(ngrams: Ngrams) -> bytes:
    """The model of at least bigrams, without the spelling of its words."""
    numbers = {gram[0]: number for number, gram in enumerate(ngrams[0])}
    if numbers[UNKNOWN] != 0:
        raise ValueError(f"{UNKNOWN} is word {numbers[UNKNOWN]}; KenLM's unknown word is 0")
    tables = []
    for n, of_order in enumerate(ngrams, 1):
        begins, ends = _parts(ngrams[n] if n < len(ngrams) else {})
        values = [_value(entry.probability, gram in ends) for gram, entry in of_order.items()]
        if n < len(ngrams):
            backoffs = (_backoff(entry.backoff, gram in begins) for gram, entry in of_order.items())
            values = [value + backoff for value, backoff in zip(values, backoffs, strict=True)]
        # Behind the unigrams is room for an unknown word, if there were none.
        tables.append(b"".join([*values, bytes(8)]) if n == 1 else _table(_keys(of_order, numbers), values))
    return b"".join([_header(ngrams), _vocabulary(numbers), *tables])


def _parts(longer: Iterable[Ngram]) -> tuple[set[Ngram], set[Ngram]]:
    """What longer n-grams begin with, and what they end with."""
    return {gram[:-1] for gram in longer}, {gram[1:] for gram in longer}


def _value(probability: float, ends_longer: bool) -> bytes:
    # A probability's logarithm is never positive: its sign is free to say whether longer n-grams end so.
    return struct.pack("<f", abs(probability) if ends_longer else -abs(probability))


def _backoff(backoff: float, begins_longer: bool) -> bytes:
    # The two zeros tell whether longer n-grams begin with it.
    return struct.pack("<f", backoff or (0.0 if begins_longer else -0.0))


def _header(ngrams: Ngrams) -> bytes:
    counts = [len(of_order) for of_order in ngrams]
    fixed = struct.pack("<BxxxfI?xxxI", len(counts), _ROOM, _PROBING, False, _SEARCH_VERSION)
    header = _SANITY + fixed + struct.pack(f"<{len(counts)}Q", *counts)
    return header + bytes(-len(header) % 8)


def _vocabulary(numbers: dict[str, int]) -> bytes:
    known = {word: number for word, number in numbers.items() if word != UNKNOWN}
    keys = [murmur64(word.encode()) for word in known]
    table = _table(
        keys, [struct.pack("<I", number) for number in known.values()], places=_places(len(numbers))
    )
    return struct.pack("<II", _VOCABULARY_VERSION, len(numbers)) + table


def _keys(grams: Iterable[Ngram], numbers: dict[str, int]) -> list[int]:
    """From the last word to the first, each joins what is behind it."""
    keys = []
    for gram in grams:
        *before, key = (numbers[word] for word in gram)
        for number in reversed(before):
            key = key * 8978948897894561157 & _64_BITS ^ (1 + number) * 17894857484156487943 & _64_BITS
        keys.append(key)
    return keys


def _places(entries: int) -> int:
    return max(entries + 1, int(_ROOM * entries))


def _table(keys: list[int], values: list[bytes], places: int | None = None) -> bytes:
    """Keys and values, each in the first free place from the one its key asks for."""
    filled: list[bytes | None] = [None] * (places or _places(len(keys)))
    for key, value in zip(keys, values, strict=True):
        place = key % len(filled)
        while filled[place] is not None:
            place = (place + 1) % len(filled)
        filled[place] = struct.pack("<Q", key) + value
    empty = bytes(8 + len(values[0]))
    return b"".join(entry or empty for entry in filled)
