"""Ragged arrays in HDF5 shards of up to a thousand items, with a manifest checked at load.

A shard holds `values` [sum of lengths, ...], `offsets` [items + 1] and `ids` [items]. One file per
clip would cost DVC minutes at 72,000 queries; one file for all would be stored anew at each change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from stages.common.artifacts import read_json, sha256_of, write_json, written_whole
from stages.common.errors import DataError

LARGEST_SHARD, SMALLEST_SHARD, SHARDS_OF_A_SMALL_CORPUS = 1000, 50, 16


def partition(ids: Sequence[str]) -> list[list[str]]:
    """Split ids, in their order, into shards: of 1,000 items, or 16 shards of a small corpus.

    A shard is also the unit of parallel work and of resuming, so a small corpus gets several.
    """
    size = min(LARGEST_SHARD, max(SMALLEST_SHARD, -(-len(ids) // SHARDS_OF_A_SMALL_CORPUS)))
    return [list(ids[first : first + size]) for first in range(0, len(ids), size)]


def shard_path(folder: Path, number: int) -> Path:
    """The file of shard `number`."""
    return folder / f"shard-{number:05d}.h5"


def write_shard(path: Path, items: Iterator[tuple[str, np.ndarray]], dtype: str) -> None:
    """Write one shard; the arrays may differ in their first dimension only."""
    ids, arrays = [], []
    for item_id, array in items:
        ids.append(item_id)
        arrays.append(np.ascontiguousarray(array, dtype=dtype))
    offsets = np.cumsum([0, *(len(array) for array in arrays)], dtype=np.int64)
    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["values"] = np.concatenate(arrays) if arrays else np.empty(0, dtype)
        file["offsets"] = offsets
        file.create_dataset("ids", data=ids, dtype=h5py.string_dtype())


def write_manifest(folder: Path, shards: int, **facts: object) -> None:
    """Describe the finished shards of a folder; written last, so its presence means complete."""
    entries = []
    for number in range(shards):
        path = shard_path(folder, number)
        with h5py.File(path) as file:
            entries.append(
                {"file": path.name, "items": len(file["ids"]), "rows": len(file["values"]),
                 "sha256": sha256_of(path)}
            )  # fmt: skip
    total = sum(entry["items"] for entry in entries)
    write_json(folder / "manifest.json", {**facts, "items": total, "shards": entries})


@dataclass
class Shards:
    """Read access by id. Files open on first use, in the process that uses them."""

    folder: Path
    made_by: str

    @cached_property
    def manifest(self) -> dict:
        return read_json(self.folder / "manifest.json", self.made_by)

    @cached_property
    def _open_files(self) -> dict[int, h5py.File]:
        return {}

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int]]:
        places = {}
        for number in range(len(self.manifest["shards"])):
            file = self._file(number)
            offsets = file["offsets"][:]
            for row, item_id in enumerate(file["ids"].asstr()[:]):
                places[item_id] = (number, int(offsets[row]), int(offsets[row + 1]))
        return places

    def _file(self, number: int) -> h5py.File:
        if number not in self._open_files:
            entry = self.manifest["shards"][number]
            path = self.folder / entry["file"]
            cure = f"remove it and run `dvc repro -f {self.made_by}`"
            if not path.exists():
                raise DataError(
                    f"{path} is missing, but {self.folder / 'manifest.json'} lists it; "
                    f"run `dvc repro -f {self.made_by}`"
                )
            found = sha256_of(path)
            if found != entry["sha256"]:
                raise DataError(
                    f"{path} is damaged: its sha256 is {found[:12]}…, "
                    f"the manifest says {entry['sha256'][:12]}…; {cure}"
                )
            self._open_files[number] = h5py.File(path)
        return self._open_files[number]

    def __len__(self) -> int:
        return int(self.manifest["items"])

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._places

    def __getitem__(self, item_id: str) -> np.ndarray:
        """The item's array [T, ...]."""
        if item_id not in self._places:
            raise DataError(
                f"{self.folder} has no item {item_id!r} among its {len(self)}; "
                f"run `dvc repro -f {self.made_by}`"
            )
        number, first, last = self._places[item_id]
        return self._file(number)["values"][first:last]

    def ids_of(self, number: int) -> list[str]:
        """The ids of one shard, in their order."""
        return list(self._file(number)["ids"].asstr()[:])

    def __getstate__(self) -> dict:
        # An HDF5 handle must not cross a process boundary: the worker opens its own.
        return {"folder": self.folder, "made_by": self.made_by}
