"""Descriptions of videos on disk, by what the file holds and by the code that described it."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.artifacts import fingerprint, sha256_of, written_whole
from stages.corpus import pixels, video_files


@dataclass(frozen=True)
class Described:
    """Features and length of a video."""

    features: Float[np.ndarray, "steps width"]
    duration: float


@dataclass(frozen=True)
class Cache:
    """A folder of descriptions. Whatever goes wrong with it, the video can be described again."""

    folder: Path

    def key_of(self, video: Path, extractor: Mapping[str, object]) -> str:
        """The same for the same bytes, whatever the file's name, until the describing code changes."""
        code = [sha256_of(Path(str(module.__file__))) for module in (pixels, video_files)]
        return fingerprint(sha256_of(video), dict(extractor), code)

    def read(self, key: str) -> Described | None:
        """What was written under this key, or None."""
        try:
            with self._path(key).open("rb") as file, np.load(file, allow_pickle=False) as content:
                return Described(content["features"], float(content["duration"]))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def write(self, key: str, content: Described) -> str | None:
        """Keep it; where that can't be done, say why."""
        try:
            with written_whole(self._path(key)) as temporary:
                np.savez(temporary, features=content.features, duration=content.duration)
        except OSError as error:
            return f"the description was not kept in {self.folder} ({error.strerror})"
        return None

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"
