"""Video features that somebody extracted, in the layouts in which they are published.

| corpus.features_path  | the features of video v_x             | published so                      |
|-----------------------|---------------------------------------|-----------------------------------|
| one .hdf5 or .h5 file | v_x/c3d_features                      | ActivityNet C3D, official         |
|                       | v_x, a dataset by itself              | CLIP, I3D (of CNM)                |
| a folder              | v_x.h5 (or .hdf5), dataset `feature`  | C3D (of VGCL, SIL)                |
|                       | v_x.npy                               | C3D (of VSLNet), I3D (of LGI)     |

A group's only dataset is taken whatever its name. [T, 1, 1, D] is read as [T, D].
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Float

from stages.common.errors import DataError, MixedExtractors, one_line
from stages.corpus.published import stays_inside

DATASETS = ("c3d_features", "feature")
SUFFIXES = (".npy", ".h5", ".hdf5")


class Arrays:
    """Features by video id. An hdf5 file opens once per process, on first use."""

    def __init__(self, path: Path):
        self.path = path
        self._first_read: tuple[str, int] | None = None

    @classmethod
    def below(cls, root: Path, features_path: str | None) -> "Arrays":
        """The arrays at `features_path`, or where they lie by default below a corpus' root."""
        if features_path is not None:
            return cls(Path(features_path))
        one_file = root / "features.hdf5"
        return cls(one_file if one_file.exists() else root / "features")

    def __contains__(self, video_id: str) -> bool:
        """Whether there are features of this video; reads no array."""
        if not stays_inside(video_id):
            return False
        if self._is_folder:
            return self._place(video_id) is not None
        with _damage_named(str(self.path)):
            return video_id in self._one_file

    def __getitem__(self, video_id: str) -> Float[np.ndarray, "steps width"]:
        """The features of a video, as they were extracted."""
        if video_id not in self:
            raise DataError(f"{self.path} has no features of video {video_id!r}")
        origin = f"{self.path}: the features of {video_id!r}"
        array = _as_steps(self._read(video_id), origin)
        first, width = self._first_read = self._first_read or (video_id, array.shape[1])
        if array.shape[1] != width:
            raise MixedExtractors(
                f"{origin} are {array.shape[1]} wide, those of {first!r} are {width}; "
                "extract all videos with the same network"
            )
        return array

    @cached_property
    def _is_folder(self) -> bool:
        if not self.path.exists():
            raise DataError(
                f"{self.path} does not exist; set corpus.features_path to the extracted features, "
                "or corpus.features to pixels"
            )
        return self.path.is_dir()

    @cached_property
    def _one_file(self) -> h5py.File:
        return _open(self.path)

    def _place(self, video_id: str) -> Path | None:
        places = (self.path / f"{video_id}{suffix}" for suffix in SUFFIXES)
        return next((place for place in places if place.is_file()), None)

    def _read(self, video_id: str) -> np.ndarray:
        if not self._is_folder:
            origin = f"{self.path}: {video_id}"
            with _damage_named(origin):
                return _dataset(self._one_file[video_id], self.path, origin)
        place = self._place(video_id)
        assert place is not None
        if place.suffix == ".npy":
            return _read_npy(place)
        with _open(place) as file, _damage_named(str(place)):
            return _dataset(file, place, str(place))

    def __getstate__(self) -> dict[str, object]:
        # An HDF5 handle must not cross a process boundary: the worker opens its own.
        return {"path": self.path, "_first_read": None}


def _open(path: Path) -> h5py.File:
    try:
        # Shared disks often allow no locks, and nothing is written.
        return h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{path} is no whole hdf5 file ({error}); copy it again") from None


@contextmanager
def _damage_named(origin: str) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    # Of a damaged file h5py raises what its place suggests: OSError, RuntimeError, KeyError, ValueError, …
    except Exception as error:
        raise DataError(f"{origin} can't be read ({one_line(error)}); copy the file again") from None


def _dataset(node: h5py.Group | h5py.Dataset, path: Path, origin: str) -> np.ndarray:
    if isinstance(node, h5py.Group):
        names = sorted(node)
        known = [name for name in DATASETS if name in names] or names
        if len(known) != 1 or not isinstance(node[known[0]], h5py.Dataset):
            raise DataError(
                f"{origin} holds {', '.join(names) or 'nothing'}; expected one dataset of features, "
                f"such as {DATASETS[0]}"
            )
        node = node[known[0]]
    # What somebody else has packed must not reach for other files of this machine.
    if (
        not isinstance(node, h5py.Dataset)
        or node.file.filename != str(path)
        or node.external
        or node.is_virtual
    ):
        raise DataError(f"{origin} is a link to another file; copy the features themselves into {path}")
    return np.asarray(node[()])


def _read_npy(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    # NumPy parses the head as Python: of a damaged one it raises SyntaxError, TokenError, MemoryError, …
    except Exception as error:
        raise DataError(
            f"{path} is no plain .npy array ({one_line(error)}); save it with np.save, as floats [T, D]"
        ) from None


def _as_steps(array: np.ndarray, origin: str) -> Float[np.ndarray, "steps width"]:
    if not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{origin} are {array.dtype}, expected floats")
    if array.ndim > 2 and set(array.shape[1:-1]) == {1}:
        array = array.reshape(len(array), array.shape[-1])
    if array.ndim != 2 or not array.size:
        raise DataError(f"{origin} have the shape {list(array.shape)}, expected [T, D]")
    if not np.isfinite(array).all():
        raise DataError(
            f"{origin} hold NaN or infinity; extract them again, or remove them: "
            "queries without features are dropped and counted"
        )
    return array.astype(np.float32)
