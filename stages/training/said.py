"""What the queries of a method say, as arrays: spectrograms, word vectors or word numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.common.artifacts import read_table
from stages.common.params import Params
from stages.common.params.schema import Method
from stages.common.shards import Shards
from stages.common.words import split_words

MELS = Path("data/mels")
WORDS = Path("data/words/words.parquet")

Said = list[Float[np.ndarray, "_ dims"]]


def read_said(table: pd.DataFrame, method: Method, params: Params) -> Said:
    """What each row of `table` says, as the method takes it."""
    if method.query == "speech":
        mels = Shards(MELS, "mels")
        return [mels[query_id] for query_id in table["query_id"]]
    texts = [split_words(caption) for caption in table["caption"]]
    return numbered(texts) if params.text.embeddings == "learned" else vectors(texts)


def vectors(texts: list[list[str]]) -> Said:
    """GloVe's vectors, each number with mean 0 and deviation 1 over the words; an unknown word is all 0.

    GloVe's vectors share a large common part: unscaled, the networks take many more steps to leave the
    plateau (measured on the demo).
    """
    table = read_table(WORDS, "words")
    known = table[table["vector"].map(len) > 0]
    stacked = np.stack(list(known["vector"])).astype(np.float32)
    # Of the training words alone: dev and test must not shape what the model is given.
    basis = stacked[known["in_train"].to_numpy()]
    stacked = (stacked - basis.mean(axis=0)) / (basis.std(axis=0) + 1e-6)
    by_word = dict(zip(known["word"], stacked, strict=True))
    return _looked_up(texts, by_word, np.zeros(stacked.shape[1], np.float32))


def numbered(texts: list[list[str]]) -> Said:
    """The numbers of the words, for embeddings that are learned; 0 is a word unheard in training."""
    table = read_table(WORDS, "words")
    heard = table[table["in_train"]]["word"]
    by_word = {word: np.array([number], np.float32) for number, word in enumerate(heard, 1)}
    return _looked_up(texts, by_word, np.zeros(1, np.float32))


def vocabulary_size() -> int:
    """The numbers that `numbered` gives."""
    return 1 + int(read_table(WORDS, "words")["in_train"].sum())


def _looked_up(texts: list[list[str]], by_word: dict[str, np.ndarray], unknown: np.ndarray) -> Said:
    # A text without words is one unknown word: blank, and never its neighbour's.
    return [np.stack([by_word.get(word, unknown) for word in text] or [unknown]) for text in texts]
