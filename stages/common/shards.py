"""Ragged arrays in HDF5 shards of up to a thousand items, with a manifest checked at load.

A shard holds `values` [sum of lengths, ...], `offsets` [items + 1] and `ids` [items]. One file per
clip would cost DVC minutes at 72,000 queries; one file for all would be stored anew at each change.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from stages.common.artifacts import read_json, sha256_of, write_json, written_whole
from stages.common.errors import DataError, MixedExtractors

_FILE = re.compile(r"shard-\d{5,}\.h5")
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
        if arrays[-1].shape[1:] != arrays[0].shape[1:]:
            raise _other_width(ids[0], arrays[0].shape[1:], item_id, arrays[-1].shape[1:])
    offsets = np.cumsum([0, *(len(array) for array in arrays)], dtype=np.int64)
    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        values = np.concatenate(arrays) if arrays else np.empty(0, dtype)
        # Without times of creation the same content gives the same bytes.
        file.create_dataset("values", data=values, track_times=False)
        file.create_dataset("offsets", data=offsets, track_times=False)
        file.create_dataset("ids", data=ids, dtype=h5py.string_dtype(), track_times=False)


def write_manifest(folder: Path, shards: int, **facts: object) -> None:
    """Describe the finished shards of a folder; written last, so its presence means complete."""
    entries: list[dict[str, Any]] = []
    last = ""
    for number in range(shards):
        path = shard_path(folder, number)
        with h5py.File(path) as file:
            ids = list(file["ids"].asstr()[:])
            rows, width = len(file["values"]), list(file["values"].shape[1:])
        if [last, *ids] != sorted([last, *ids]):
            raise ValueError(f"{path}: ids must be sorted within and across shards")
        if ids and entries and width != entries[0]["width"]:
            raise _other_width(entries[0]["last_id"], entries[0]["width"], ids[0], width)
        last = ids[-1] if ids else last
        entries.append(
            {"file": path.name, "items": len(ids), "rows": rows, "width": width, "last_id": last,
             "sha256": sha256_of(path)}
        )  # fmt: skip
    total = sum(entry["items"] for entry in entries)
    write_json(folder / "manifest.json", {**facts, "items": total, "shards": entries})


def _is_manifest(content: dict[str, Any]) -> bool:
    shards, items = content.get("shards"), content.get("items")
    return (
        isinstance(items, int)
        and isinstance(shards, list)
        and all(
            isinstance(entry, dict)
            and all(isinstance(entry.get(key), str) for key in ("file", "last_id", "sha256"))
            and _FILE.fullmatch(entry["file"])
            for entry in shards
        )
    )


def _other_width(first_id: str, first: Sequence[int], other_id: str, other: Sequence[int]) -> MixedExtractors:
    return MixedExtractors(
        f"{other_id} has rows of {list(other)} numbers, {first_id} has {list(first)}; "
        "all must come from one extractor"
    )


@dataclass
class _Shard:
    """An open shard and where its items lie."""

    file: h5py.File
    places: dict[str, tuple[int, int]]


@dataclass
class Shards:
    """Read access by id. A shard is opened, and its bytes checked, when one of its items is asked for."""

    folder: Path
    made_by: str

    @cached_property
    def manifest(self) -> dict[str, Any]:
        path = self.folder / "manifest.json"
        content = read_json(path, self.made_by)
        if not _is_manifest(content):
            raise DataError(
                f"{path} describes no shards: it has {', '.join(content) or 'no keys'}; remove it and run "
                f"`dvc repro -sf {self.made_by}`"
            )
        return content

    @cached_property
    def _last_ids(self) -> list[str]:
        return [entry["last_id"] for entry in self.manifest["shards"]]

    @cached_property
    def _open(self) -> dict[int, _Shard]:
        return {}

    def _shard(self, number: int) -> _Shard:
        if number not in self._open:
            self._open[number] = self._opened(number)
        return self._open[number]

    def _opened(self, number: int) -> _Shard:
        file = h5py.File(self._checked(self.manifest["shards"][number]))
        offsets = file["offsets"][:].tolist()
        ids = file["ids"].asstr()[:]
        places = {item_id: (offsets[row], offsets[row + 1]) for row, item_id in enumerate(ids)}
        return _Shard(file, places)

    def _checked(self, entry: dict[str, Any]) -> Path:
        path = self.folder / entry["file"]
        if not path.exists():
            raise DataError(
                f"{path} is missing, but {self.folder / 'manifest.json'} lists it; "
                f"run `dvc repro -sf {self.made_by}`"
            )
        found = sha256_of(path)
        if found != entry["sha256"]:
            raise DataError(
                f"{path} is damaged: its sha256 is {found[:12]}…, the manifest says "
                f"{entry['sha256'][:12]}…; remove it and run `dvc repro -sf {self.made_by}`"
            )
        return path

    def _find(self, item_id: str) -> tuple[_Shard, int, int]:
        number = bisect_left(self._last_ids, item_id)
        if number < len(self._last_ids):
            shard = self._shard(number)
            if item_id in shard.places:
                return (shard, *shard.places[item_id])
        raise DataError(
            f"{self.folder} has no item {item_id!r} among its {len(self)}; run `dvc repro -sf {self.made_by}`"
        )

    def __len__(self) -> int:
        return int(self.manifest["items"])

    def __getitem__(self, item_id: str) -> np.ndarray:
        """The item's array [T, ...]."""
        shard, first, last = self._find(item_id)
        return shard.file["values"][first:last]

    def length_of(self, item_id: str) -> int:
        """The item's T, without reading it."""
        _, first, last = self._find(item_id)
        return last - first

    def ids(self) -> list[str]:
        """All ids, sorted."""
        return list(self.lengths())

    def lengths(self) -> dict[str, int]:
        """Every item's T, sorted by id. No shard stays open for that: it would hold a megabyte of memory."""
        found: dict[str, int] = {}
        for number in range(len(self._last_ids)):
            places = (self._open.get(number) or self._opened(number)).places
            found |= {item_id: last - first for item_id, (first, last) in places.items()}
        return found

    def __getstate__(self) -> dict[str, Any]:
        # An HDF5 handle must not cross a process boundary: the worker opens its own.
        return {"folder": self.folder, "made_by": self.made_by}
