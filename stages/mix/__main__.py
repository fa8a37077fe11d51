"""`python -m stages.mix`: mix noise into the speech of every query."""

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
)
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, stage_entry
from stages.common.parallel import run_tasks
from stages.common.params import Params, load_params
from stages.common.shards import Shards, partition, write_manifest
from stages.common.space import require_space
from stages.mix.noise_bank import decode_clips
from stages.mix.shard import Job, Query, mix_shard, recipe_part
from stages.mix.source import open_esc50
from stages.mix.strength import strength_of
from stages.mix.summary import SPLITS, metrics_of, print_summary

QUERIES = Path("data/corpus/queries.parquet")
SPEECH = Path("data/corpus/speech")
OUT = Path("data/mixed")
METRICS = Path("metrics/stages/mix.json")


def read_queries() -> list[Query]:
    """The queries, sorted by id."""
    table = read_table(QUERIES, "corpus")
    if missing := {"query_id", "speech_id", "split"} - set(table.columns):
        raise DataError(f"{QUERIES} has no column {', '.join(sorted(missing))}; run `dvc repro -sf corpus`")
    if unknown := set(table["split"]) - set(SPLITS):
        raise DataError(f"{QUERIES} has the split {min(unknown)!r}; expected {', '.join(SPLITS)}")
    if table.empty or table["query_id"].duplicated().any():
        raise DataError(f"{QUERIES} has no query, or one twice; run `dvc repro -sf corpus`")
    table = table.sort_values("query_id")
    return [Query(*row) for row in zip(table["query_id"], table["speech_id"], table["split"], strict=True)]


def mix_all(params: Params) -> dict[str, Any]:
    """Fill data/mixed; returns the metrics."""
    queries = read_queries()
    strength = strength_of(params.noise)
    esc50 = None if strength.is_clean else open_esc50(params.noise)
    clips = {
        split: esc50.clips(split, getattr(params.noise.folds, split))
        for split in SPLITS
        if esc50 and any(query.split == split for query in queries)
    }
    noises = [esc50.path(name) for names in clips.values() for name in names] if esc50 else []
    speech = Shards(SPEECH.absolute(), "corpus")
    key = fingerprint(
        params.seed, params.noise.model_dump(), sha256_of(QUERIES), speech.manifest,
        [(path.name, sha256_of(path)) for path in noises],
        code_fingerprint("mix", "common"),
    )  # fmt: skip
    require_space(OUT, 2 * sum(entry["rows"] for entry in speech.manifest["shards"]), "mixing")
    with resumable_folder(OUT, key) as folder:
        # Beside the shards, not among them: it goes when `resumable_folder` clears up.
        work = folder.with_name(f"{key}-work").absolute()
        if noises:
            decode_clips(noises, work / "noise")
        job = Job(
            params.seed, strength, params.noise.coverage, clips,
            speech, Shards(work / "noise", "mix"), folder.absolute(), work,
        )  # fmt: skip
        recipe = _mix_shards(job, queries)
        # It holds the noise open, and a network file system can't clear away an open file.
        del job
        write_table(folder / "recipe.parquet", recipe)
    metrics = metrics_of(recipe, strength, params.noise.folds, clips)
    write_json(METRICS, metrics)
    return metrics


def _mix_shards(job: Job, queries: list[Query]) -> pd.DataFrame:
    by_id = {query.query_id: query for query in queries}
    parts = partition(list(by_id))
    tasks = [(job, number, [by_id[query_id] for query_id in part]) for number, part in enumerate(parts)]
    run_tasks(mix_shard, tasks, "mix", "clip", len(queries))
    write_manifest(job.out, len(parts), content="int16 samples", sample_rate=SAMPLE_RATE)
    return pd.concat([read_table(recipe_part(job.recipes, number), "mix") for number in range(len(parts))])


@stage_entry
def main() -> None:
    """Mix as params.yaml asks."""
    print_summary(mix_all(load_params()))


if __name__ == "__main__":
    main()
