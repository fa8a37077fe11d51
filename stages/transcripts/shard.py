"""One shard of queries transcribed: the unit of parallel work and of resuming."""

import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib.externals.loky import ProcessPoolExecutor

from stages.common.artifacts import write_table
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, UserError
from stages.common.shards import Shards
from stages.transcripts.engines.interface import Engine


@dataclass(frozen=True)
class Job:
    """What all shards share. Paths are absolute: a worker may live in another folder."""

    engine: Engine
    mixed: Shards
    parts: Path


@dataclass(frozen=True)
class Row:
    """A query's transcript, and what it cost."""

    query_id: str
    text: str
    confidence: float
    audio_seconds: float
    # Of the processor: other work on the machine, or other workers, do not lengthen it.
    cpu_seconds: float


def part_path(folder: Path, number: int) -> Path:
    """The transcripts of shard `number`."""
    return folder / f"part-{number:05d}.parquet"


def transcribe_shard(job: Job, number: int, ids: list[str]) -> None:
    """Transcribe the queries of one shard, unless an interrupted run has."""
    out = part_path(job.parts, number)
    if out.exists():
        return
    limit = job.engine.queries_per_process
    rows = transcribe(job, ids) if limit is None else list(_in_short_lives(job, ids, limit))
    write_table(out, pd.DataFrame([asdict(row) for row in rows]))


def transcribe(job: Job, ids: list[str]) -> list[Row]:
    """Transcribe some queries in this process."""
    rows = []
    with job.engine.recogniser() as recogniser:
        for query_id in ids:
            samples = job.mixed[query_id]
            if samples.dtype != np.int16 or samples.ndim != 1:
                raise DataError(
                    f"{job.mixed.folder}: {query_id} is {samples.dtype} of shape {samples.shape}, expected "
                    "int16 samples of one channel; run `dvc repro -sf mix`"
                )
            start = time.process_time()
            heard = recogniser.hear(samples)
            spent = time.process_time() - start
            rows.append(Row(query_id, heard.text, float(heard.confidence), len(samples) / SAMPLE_RATE, spent))
    return rows


def _in_short_lives(job: Job, ids: list[str], limit: int) -> Iterator[Row]:
    """Transcribe in processes that end after `limit` queries, and with them what they leak."""
    for first in range(0, len(ids), limit):
        some = ids[first : first + limit]
        try:
            # Of loky: in a worker of joblib's the standard pools can't spawn.
            with ProcessPoolExecutor(1) as pool:
                yield from pool.submit(transcribe, job, some).result()
        except BrokenProcessPool:
            raise UserError(
                f"a process that transcribed {len(some)} queries from {some[0]} on ended without a word; if "
                "the machine ran out of memory, take fewer workers (SVG_WORKERS)"
            ) from None
