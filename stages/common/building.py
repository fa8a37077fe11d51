"""A folder of shards made item by item, in worker processes; finished shards are not made again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from stages.common.errors import DataError, MixedExtractors
from stages.common.parallel import run_tasks
from stages.common.shards import partition, shard_path, write_manifest, write_shard

T = TypeVar("T")


def build_shards(
    folder: Path,
    items: Mapping[str, T],
    make: Callable[[T], np.ndarray],
    dtype: str,
    unit: str,
    **facts: object,
) -> dict[str, str]:
    """Write `make(item)` of every item; return the ids whose item can't be read, and why.

    `facts` go into the manifest. A shard depends on its own items alone, so one changed item changes
    one shard.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = partition(sorted(items))
    tasks = [
        (shard_path(folder, number), {item_id: items[item_id] for item_id in ids}, make, dtype)
        for number, ids in enumerate(shards)
    ]
    failures: dict[str, str] = {}
    for found in run_tasks(_build_shard, tasks, folder.name, unit, len(items)):
        failures |= found
    for marker in folder.glob("*.failed"):
        marker.unlink()
    write_manifest(folder, len(shards), **facts)
    return failures


def _build_shard(
    path: Path, items: Mapping[str, T], make: Callable[[T], np.ndarray], dtype: str
) -> dict[str, str]:
    # A shard that lacks items is made anew when the run resumes, so that they are reported again.
    marker = path.with_suffix(".failed")
    if path.exists() and not marker.exists():
        return {}
    failures: dict[str, str] = {}

    def readable() -> Iterator[tuple[str, np.ndarray]]:
        for item_id, item in items.items():
            try:
                yield item_id, make(item)
            except MixedExtractors:
                raise
            except DataError as error:
                failures[item_id] = str(error)

    write_shard(path, readable(), dtype)
    marker.unlink(missing_ok=True)
    if failures:
        marker.touch()
    return failures
