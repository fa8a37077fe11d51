"""The words that a reading method knows, each looked up once."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.common.artifacts import read_table
from stages.common.params.schema import Text
from stages.tools.ask.answer import Work
from stages.training.query_steps import QuerySteps, numbered, vectors
from stages.words.glove import read_package, read_text_file


class Lexicon:
    """Words as the method was given them in training; words it has not met get their own GloVe vectors."""

    def __init__(self, folder: Path, method: str, text: Text) -> None:
        self.table = read_table(folder / "words.parquet", f"words@{method}")
        self.text = text
        self._heard = set(self.table[self.table["in_train"]]["word"])
        self._steps: dict[str, Float[np.ndarray, "1 dims"]] = {}
        self._learn(list(self.table["word"]), self.table)

    def __call__(self, words: list[str], work: Work) -> Float[np.ndarray, "steps dims"]:
        """A row per word. One that is unknown is all zeros, as in training."""
        if unmet := sorted({word for word in words if word not in self._steps}):
            self._learn(unmet, pd.concat([self.table, self._rows_of(unmet)], ignore_index=True))
        if new := [word for word in dict.fromkeys(words) if word not in self._heard]:
            work.notes.append(f"not met in training: {', '.join(new)}")
        return np.concatenate([self._steps[word] for word in words] or self._looked_up([[]], self.table))

    def _learn(self, words: list[str], table: pd.DataFrame) -> None:
        self._steps |= zip(words, self._looked_up([[word] for word in words], table), strict=True)

    def _rows_of(self, words: list[str]) -> pd.DataFrame:
        """Rows for words that stand in no caption and no transcript of the corpus."""
        found = {}
        if self.text.embeddings == "glove":
            glove = self.text.glove
            found = read_package(words) if glove is None else read_text_file(Path(glove), words)
        rows = [(word, 0, False, found.get(word, np.empty(0, np.float32)).tolist()) for word in words]
        return pd.DataFrame(rows, columns=list(self.table.columns))

    def _looked_up(self, texts: list[list[str]], table: pd.DataFrame) -> QuerySteps:
        of = numbered if self.text.embeddings == "learned" else vectors
        return of(texts, table)
