"""The speech that the network learns from, and its transcripts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, Int16

from stages.acoustic.alphabet import as_labels, spelled
from stages.acoustic.mfcc import frames_of
from stages.common.artifacts import read_table
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.common.shards import Shards

QUERIES = Path("data/corpus/queries.parquet")
SPEECH = Path("data/corpus/speech")


@dataclass(frozen=True)
class Utterances:
    """Clean recordings, read when they are asked for, and their texts in the alphabet."""

    query_ids: list[str]
    speech_ids: list[str]
    texts: list[str]
    speech: Shards

    def __len__(self) -> int:
        return len(self.texts)

    def samples(self, row: int) -> Int16[np.ndarray, " t"]:
        """The recording."""
        return self.speech[self.speech_ids[row]]

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        """How many frames each recording has."""
        return np.array([frames_of(self.speech.length_of(name)) for name in self.speech_ids])

    @property
    def seconds(self) -> float:
        """How long all of it takes."""
        return sum(self.speech.length_of(name) for name in self.speech_ids) / SAMPLE_RATE


def read_utterances(split: str) -> tuple[Utterances, int]:
    """The rows of one split that the network can learn from, and how many it can't; no other one is read.

    Left out is what the alphabet can't spell, and what has fewer frames than CTC needs: one for each
    character, and one more between two equal ones.
    """
    speech = Shards(SPEECH, "corpus")
    table = read_table(QUERIES, "corpus")
    rows = table[table["split"] == split]
    kept = []
    for query_id, speech_id, caption in zip(
        rows["query_id"], rows["speech_id"], rows["caption"], strict=True
    ):
        text = spelled(caption)
        if text is not None and _frames_needed(text) <= frames_of(speech.length_of(speech_id)):
            kept.append((query_id, speech_id, text))
    if not kept:
        raise DataError(
            f"{QUERIES}: none of the {len(rows)} captions of {split} can be spelled with English letters and "
            "has speech enough to learn from; name a model in asr.model, or choose another asr.engine"
        )
    query_ids, speech_ids, texts = (list(column) for column in zip(*kept, strict=True))
    return Utterances(query_ids, speech_ids, texts, speech), len(rows) - len(kept)


def _frames_needed(text: str) -> int:
    return len(text) + int((np.diff(as_labels(text)) == 0).sum())
