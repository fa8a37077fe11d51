"""A corpus of any size that nobody has spoken: its table and its speech, as the corpus room leaves them."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int16

from stages.common.artifacts import write_table
from stages.common.audio import SAMPLE_RATE
from stages.common.seeding import generator
from stages.common.shards import partition, shard_path, write_manifest, write_shard
from stages.corpus.queries import QUERIES, SPEECH, Query, as_table

# As in ActivityNet Captions: moments of a video, and the share of each split.
_PER_VIDEO = 4
_SPLITS = ("train",) * 7 + ("dev",) + ("test",) * 2


def write_corpus(count: int, seconds: float) -> None:
    """Queries whose speech is half to one and a half times `seconds` long."""
    queries = [_query(number) for number in range(count)]
    write_table(QUERIES, as_table(queries))
    parts = partition(sorted(query.speech_id for query in queries))
    hiss = _hiss(seconds)
    for number, part in enumerate(parts):
        write_shard(shard_path(SPEECH, number), _speech(part, hiss, seconds), "int16")
    write_manifest(SPEECH, len(parts), content="int16 samples", sample_rate=SAMPLE_RATE)


def _query(number: int) -> Query:
    video, moment = divmod(number, _PER_VIDEO)
    name = f"{generator(0, 'scale', video).integers(2**44):011x}"
    split, start = _SPLITS[video % len(_SPLITS)], 30.0 * moment
    speech_id = f"{name}_{split}_{moment}"
    return Query(speech_id, f"v_{name}", split, 120.0, start, start + 30, "a sentence", "nobody", speech_id)


def _hiss(seconds: float) -> Int16[np.ndarray, " t"]:
    """Hiss in syllables, three a second; every utterance is a part of it."""
    length = int(20 * seconds * SAMPLE_RATE)
    syllables = np.abs(np.sin(np.arange(length) * 3 * np.pi / SAMPLE_RATE))
    return (4000 * syllables * generator(0, "scale", "hiss").standard_normal(length)).astype(np.int16)


def _speech(
    ids: Sequence[str], hiss: Int16[np.ndarray, " t"], seconds: float
) -> Iterator[tuple[str, Int16[np.ndarray, " u"]]]:
    for speech_id in ids:
        rng = generator(0, "scale", speech_id)
        length = int(rng.uniform(0.5, 1.5) * seconds * SAMPLE_RATE)
        start = int(rng.integers(len(hiss) - length))
        yield speech_id, hiss[start : start + length]
