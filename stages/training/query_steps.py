"""The queries of a method as arrays, a row per step: spectrograms, word vectors or word ids."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.common.artifacts import read_table
from stages.common.params import Params
from stages.common.shards import Shards

MELS = Path("data/mels")
WORDS = Path("data/words")

QuerySteps = list[Float[np.ndarray, "_ dims"]]


def files_of(params: Params, name: str) -> list[Path]:
    """What `read_query_steps` reads, for the fingerprint of a run."""
    if params.methods[name].listens:
        return [MELS / "manifest.json"]
    return [WORDS / name / "said.parquet", WORDS / name / "words.parquet"]


def read_query_steps(table: pd.DataFrame, params: Params, name: str) -> QuerySteps:
    """The query of each row of `table`, as the method takes it."""
    if params.methods[name].listens:
        mels = Shards(MELS, "mels")
        return [mels[query_id] for query_id in table["query_id"]]
    texts_of = read_table(WORDS / name / "said.parquet", f"words@{name}").set_index("query_id")["words"]
    texts = [list(texts_of[query_id]) for query_id in table["query_id"]]
    words = _words_of(name)
    return numbered(texts, words) if params.of(name).text.embeddings == "learned" else vectors(texts, words)


def vectors(texts: list[list[str]], words: pd.DataFrame) -> QuerySteps:
    """GloVe's vectors, each dimension with mean 0 and deviation 1 over the words; an unknown word is all 0.

    GloVe's vectors share a large common part: unscaled, the networks take many more steps to leave the
    plateau (measured on the demo).
    """
    known = words[words["vector"].map(len) > 0]
    if not known["in_train"].any():
        # No training word has a vector, so nothing can be learned from words.
        return _looked_up(texts, {}, np.zeros(1, np.float32))
    stacked = np.stack(list(known["vector"])).astype(np.float32)
    # Statistics of the training words alone: dev and test must not shape the model's inputs.
    basis = stacked[known["in_train"].to_numpy()]
    stacked = (stacked - basis.mean(axis=0)) / (basis.std(axis=0) + 1e-6)
    by_word = dict(zip(known["word"], stacked, strict=True))
    return _looked_up(texts, by_word, np.zeros(stacked.shape[1], np.float32))


def numbered(texts: list[list[str]], words: pd.DataFrame) -> QuerySteps:
    """Word ids, for embeddings that are learned; 0 is a word that training does not have."""
    known = words[words["in_train"]]["word"]
    by_word = {word: np.array([number], np.float32) for number, word in enumerate(known, 1)}
    return _looked_up(texts, by_word, np.zeros(1, np.float32))


def vocabulary_size(params: Params, name: str) -> int:
    """How many word ids `numbered` gives; 0 for a method that listens."""
    if params.methods[name].listens:
        return 0
    return 1 + int(_words_of(name)["in_train"].sum())


def _words_of(name: str) -> pd.DataFrame:
    return read_table(WORDS / name / "words.parquet", f"words@{name}")


def _looked_up(texts: list[list[str]], by_word: dict[str, np.ndarray], unknown: np.ndarray) -> QuerySteps:
    # A text without words is one unknown word: blank, and never its neighbour's.
    return [np.stack([by_word.get(word, unknown) for word in text] or [unknown]) for text in texts]
