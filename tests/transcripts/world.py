"""A small corpus whose speech says, in its first sample, what an engine of these tests understands."""

import math
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.artifacts import write_table
from stages.common.shards import partition, shard_path, write_manifest, write_shard
from stages.corpus.queries import Query, as_table
from stages.transcripts.engines.interface import Heard
from tests.paths import ROOT

SPLITS = ("train", "dev", "test")
UNDERSTOOD = ("A red ball rolls.", "red ball rolls", "the red balls roll", "")


class Engine:
    """Understands `UNDERSTOOD[first sample]`, and says which process did."""

    def __init__(self, queries_per_process=None, files=(), dies=False):
        self.queries_per_process, self._files, self._dies = queries_per_process, list(files), dies

    def files(self):
        return self._files

    def check(self):
        pass

    @contextmanager
    def recogniser(self):
        yield self

    def hear(self, samples):
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return Heard(UNDERSTOOD[samples[0]], float(os.getpid()) if len(samples) > 1600 else math.nan)


def query_id(number):
    """The id of a query."""
    return f"q{number:03d}"


def write_corpus(queries, samples=800, dtype="int16", rate=16_000):
    """Queries that are understood in each of the four ways in turn; every third is of test."""
    assert Path.cwd() != ROOT, "this would overwrite the pipeline's own data"
    ids = [query_id(number) for number in range(queries)]
    rows = [
        Query(name, f"v{name}", SPLITS[number % 3], 60.0, 1.0, 9.0, "A red ball rolls.", "anna", name)
        for number, name in enumerate(ids)
    ]
    write_table(Path("data/corpus/queries.parquet"), as_table(rows))
    snr = [1.5 + 3 * (number % 4) for number in range(queries)]
    write_table(Path("data/mixed/recipe.parquet"), pd.DataFrame({"query_id": ids, "snr_db": snr}))
    parts = partition(ids)
    for place, part in enumerate(parts):
        write_shard(
            shard_path(Path("data/mixed"), place),
            ((name, np.full(samples, int(name[1:]) % 4)) for name in part),
            dtype,
        )
    write_manifest(Path("data/mixed"), len(parts), content="int16 samples", sample_rate=rate)
