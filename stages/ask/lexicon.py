"""The words that a reading method knows, each looked up once."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from stages.ask.answer import Work
from stages.common.artifacts import read_table
from stages.common.params.schema import Text
from stages.training.said import numbered, vectors
from stages.words.glove import read_package, read_text_file


class Lexicon:
    """Words as the method was given them in training; words it has not met get their own GloVe vectors."""

    def __init__(self, folder: Path, method: str, text: Text) -> None:
        self.table = read_table(folder / "words.parquet", f"words@{method}")
        self.text = text
        self._heard = set(self.table[self.table["in_train"]]["word"])
        self._steps: dict[str, Float[np.ndarray, "1 dims"]] = {}

    def __call__(self, words: list[str], work: Work) -> Float[np.ndarray, "steps dims"]:
        """A row per word. One that is unknown is all zeros, as in training."""
        self._learn([word for word in dict.fromkeys(words) if word not in self._steps])
        if new := [word for word in dict.fromkeys(words) if word not in self._heard]:
            work.notes.append(f"not met in training: {', '.join(new)}")
        return np.concatenate([self._steps[word] for word in words] or [self._looked_up([], self.table)])

    def _learn(self, words: list[str]) -> None:
        if not words:
            return
        table = pd.concat([self.table, self._unmet(words)], ignore_index=True)
        for word in words:
            self._steps[word] = self._looked_up([word], table)

    def _unmet(self, words: list[str]) -> pd.DataFrame:
        """Rows for words that stand in no caption and no transcript of the corpus."""
        new = sorted(set(words) - set(self.table["word"]))
        found = {}
        if new and self.text.embeddings == "glove":
            found = (
                read_package(new) if self.text.glove is None else read_text_file(Path(self.text.glove), new)
            )
        rows = [(word, 0, False, found.get(word, np.empty(0, np.float32)).tolist()) for word in new]
        return pd.DataFrame(rows, columns=list(self.table.columns)).astype({"count": int, "in_train": bool})

    def _looked_up(self, words: list[str], table: pd.DataFrame) -> Float[np.ndarray, "steps dims"]:
        of = numbered if self.text.embeddings == "learned" else vectors
        return of([words], table)[0]
