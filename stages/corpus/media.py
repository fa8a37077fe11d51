"""The recordings, features and videos that lie beside published annotations."""

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.errors import DataError
from stages.common.params.schema import Corpus
from stages.corpus.arrays import Arrays

AUDIO = (".wav", ".flac", ".ogg", ".mp3")
VIDEO = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".flv", ".3gp",
    ".ogv", ".gif",
)  # fmt: skip


@dataclass
class Files:
    """The files below a folder, its sub-folders included; listed once per process, on first use.

    Only what was listed is ever given out, so no id leads out of the folder. `cure` says what to do
    where the folder is missing; without one, a missing folder is an empty one.
    """

    folder: Path
    suffixes: tuple[str, ...]
    cure: str | None

    def named(self, name: str) -> Path | None:
        """The file of this name (without suffix), in whichever sub-folder."""
        return self._only(name, self._by_name.get(name, []))

    def at(self, place: str) -> Path | None:
        """The file at this place relative to the folder, written with or without its suffix."""
        if place in self._listed:
            return self.folder / place
        return self._only(place, self._by_place.get(place, []))

    @cached_property
    def _listed(self) -> set[str]:
        if not self.folder.is_dir():
            if self.cure is None:
                return set()
            raise DataError(f"{self.folder} is no folder; {self.cure}")
        return {place for place in self._walk() if place.lower().endswith(self.suffixes)}

    def _walk(self) -> Iterator[str]:
        seen = set()
        # Links are followed, since data often lies on another disk; a loop of links is cut.
        for folder, subfolders, files in os.walk(self.folder, followlinks=True, onerror=_refuse):
            real = os.path.realpath(folder)
            if real in seen:
                subfolders.clear()
                continue
            seen.add(real)
            for file in files:
                yield Path(folder, file).relative_to(self.folder).as_posix()

    @cached_property
    def _by_place(self) -> dict[str, list[str]]:
        groups = defaultdict(list)
        for place in sorted(self._listed):
            groups[posixpath.splitext(place)[0]].append(place)
        return dict(groups)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        groups = defaultdict(list)
        for stem, places in self._by_place.items():
            groups[posixpath.basename(stem)].extend(places)
        return dict(groups)

    def _only(self, name: str, places: list[str]) -> Path | None:
        if len(places) > 1:
            raise DataError(
                f"{self.folder} holds {len(places)} files for {name!r}: {', '.join(places)}; keep one"
            )
        return self.folder / places[0] if places else None

    def __getstate__(self) -> dict[str, object]:
        # A worker lists anew: 72,000 names would travel with every task.
        return {"folder": self.folder, "suffixes": self.suffixes, "cure": self.cure}


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename} can't be listed ({error.strerror})")


class Media:
    """Where a corpus keeps its recordings, features and videos, by the keys of `corpus`."""

    def __init__(self, corpus: Corpus):
        assert corpus.root is not None, "the schema requires a root for every corpus but the demo"
        self.root = Path(corpus.root)
        self.recorded = corpus.speech == "recorded"
        self.imported = corpus.features == "arrays"
        # What espeak-ng can speak need not be recorded; a folder that is named must be there.
        speech_needed = self.recorded or corpus.speech_folder is not None
        self.speech_files = Files(
            Path(corpus.speech_folder or self.root / "speech"),
            AUDIO,
            "set corpus.speech_folder to the recordings, or corpus.speech to tts" if speech_needed else None,
        )
        videos_needed = not self.imported or corpus.videos_folder is not None
        self.video_files = Files(
            Path(corpus.videos_folder or self.root / "videos"),
            VIDEO,
            "set corpus.videos_folder to the video files" if videos_needed else None,
        )
        self.arrays = Arrays.below(self.root, corpus.features_path)

    def recording(self, speech_id: str) -> Path | None:
        """The file with the speech, or None where there is none."""
        return self.speech_files.named(speech_id)

    def video(self, video_id: str) -> Path | None:
        """The video file, or None where there is none."""
        return self.video_files.named(video_id)

    def features(self, video_id: str) -> Float[np.ndarray, "steps width"] | None:
        """The imported features [T, D], or None where there are none."""
        return self.arrays[video_id] if self.imported and video_id in self.arrays else None

    def has_features(self, video_id: str) -> bool:
        """Whether features can be had, imported or from the video file; reads neither."""
        return video_id in self.arrays if self.imported else self.video(video_id) is not None
