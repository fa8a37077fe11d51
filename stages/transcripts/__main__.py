"""The transcripts room: what the recogniser understands of every query. `python -m stages.transcripts`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.common.artifacts import (
    code_fingerprint,
    fingerprint,
    read_table,
    resumable_folder,
    sha256_of,
    write_json,
    write_table,
    written_whole,
)
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, stage_entry
from stages.common.parallel import run_tasks
from stages.common.params import load_params
from stages.common.params.asr import Asr
from stages.common.shards import Shards, partition
from stages.common.transcripts_needed import NOBODY, transcribed_splits
from stages.transcripts.engines import chosen_engine
from stages.transcripts.engines.interface import Engine
from stages.transcripts.shard import Job, part_path, transcribe_shard
from stages.transcripts.summary import SPLITS, metrics_of, print_summary

QUERIES = Path("data/corpus/queries.parquet")
MIXED = Path("data/mixed")
RECIPE = MIXED / "recipe.parquet"
OUT = Path("data/transcripts")
SECONDS = Path("plots/transcripts/seconds.tsv")
METRICS = Path("metrics/stages/transcripts.json")


def transcribe(asr: Asr, splits: Sequence[str] = SPLITS) -> dict[str, Any]:
    """Fill data/transcripts with the queries of some splits; returns the metrics."""
    mixed = Shards(MIXED.absolute(), "mix")
    rate = mixed.manifest.get("sample_rate")
    if rate != SAMPLE_RATE:
        raise DataError(
            f"{MIXED / 'manifest.json'} says sample_rate {rate}, expected {SAMPLE_RATE}; "
            "run `dvc repro -sf mix`"
        )
    engine = chosen_engine(asr)
    engine.check()
    key = fingerprint(
        asr.model_dump(), [sha256_of(path) for path in engine.files()], mixed.manifest,
        code_fingerprint("transcripts", "common", "deepspeech"), list(splits),
    )  # fmt: skip
    with resumable_folder(OUT, key) as folder:
        # Beside the folder: it goes when `resumable_folder` clears up.
        parts = folder.with_name(f"{key}-parts").absolute()
        table = _with_truth(_transcribe(engine, mixed, _ids_of(splits, mixed), parts))
        metrics = metrics_of(table, asr)
        # What it cost differs from run to run, so it stays out of what later stages read.
        write_table(folder / "transcripts.parquet", table[["query_id", "text", "confidence"]])
        with written_whole(SECONDS) as temporary:
            table[["query_id", "audio_seconds", "cpu_seconds", "snr_db"]].round(4).to_csv(
                temporary, sep="\t", index=False
            )
    write_json(METRICS, metrics)
    return metrics


def _ids_of(splits: Sequence[str], mixed: Shards) -> list[str]:
    """All queries but those of other splits."""
    queries = read_table(QUERIES, "corpus")
    unread = set(queries["query_id"][~queries["split"].isin(splits)])
    return [query_id for query_id in mixed.ids() if query_id not in unread]


def _transcribe(engine: Engine, mixed: Shards, ids: list[str], parts: Path) -> pd.DataFrame:
    """A row per query, sorted by id."""
    job = Job(engine, mixed, parts)
    tasks = [(job, number, some) for number, some in enumerate(partition(ids))]
    run_tasks(transcribe_shard, tasks, "transcripts", "query", len(ids))
    tables = [read_table(part_path(parts, number), "transcripts") for number in range(len(tasks))]
    return pd.concat(tables, ignore_index=True)


def _with_truth(table: pd.DataFrame) -> pd.DataFrame:
    """With each query's split, caption and noise."""
    queries = read_table(QUERIES, "corpus")[["query_id", "split", "caption"]]
    recipe = read_table(RECIPE, "mix")[["query_id", "snr_db"]]
    joined = table.merge(queries, on="query_id").merge(recipe, on="query_id")
    if len(joined) != len(table):
        raise DataError(f"{MIXED} has queries that {QUERIES} or {RECIPE} lacks; run `dvc repro -sf mix`")
    return joined


def leave_nothing() -> None:
    """An empty table, where nobody would read it."""
    said = pd.DataFrame({"query_id": [], "text": [], "confidence": []})
    write_table(OUT / "transcripts.parquet", said.astype({"query_id": str, "text": str, "confidence": float}))
    # A point at zero: of a table without rows DVC draws an empty frame.
    point = {"query_id": [""], "audio_seconds": [0.0], "cpu_seconds": [0.0], "snr_db": [0.0]}
    with written_whole(SECONDS) as temporary:
        pd.DataFrame(point).to_csv(temporary, sep="\t", index=False)
    write_json(METRICS, {"engine": f"none: {NOBODY}"})
    print(f"transcripts: nobody is heard, {NOBODY}")


@stage_entry
def main() -> None:
    """Transcribe as params.yaml asks, or leave empty tables where no compared row reads transcripts."""
    asr = load_params().asr
    if splits := transcribed_splits():
        print_summary(transcribe(asr, splits))
    else:
        leave_nothing()


if __name__ == "__main__":
    main()
