"""The language model of the captions as the library's external scorer."""

import struct
from collections.abc import Sequence

from stages.acoustic.kenlm import as_probing
from stages.acoustic.ngrams import END, START, UNKNOWN, estimate
from stages.acoustic.trie import as_automaton
from stages.common.params.acoustic import LanguageModel

_MAGIC, _VERSION = 0x54524945, 6


def as_scorer(sentences: Sequence[str], params: LanguageModel) -> bytes:
    """The `.scorer`: n-grams of the sentences, the two weights, and which words there are.

    Decoding adds `alpha` times the logarithm of each word's probability, and `beta` for each word.
    """
    ngrams = estimate([sentence.split() for sentence in sentences], params.order)
    words = {gram[0] for gram in ngrams[0]} - {START, END, UNKNOWN}
    model = as_probing(ngrams)
    characters_are_bytes = False
    head = struct.pack("<ii?dd", _MAGIC, _VERSION, characters_are_bytes, params.alpha, params.beta)
    return model + head + as_automaton(words, len(model) + len(head))
