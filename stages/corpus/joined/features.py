"""Videos and features of a joined corpus.

A network that sees single pictures describes each clip once: a step of a joined video has the features of the
step of its clip. Other extractors look at several pictures, so they are shown the joined video.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.artifacts import code_fingerprint, fingerprint, sha256_of, written_whole
from stages.common.building import build_shards
from stages.common.params.schema import Corpus
from stages.common.shards import Shards
from stages.common.user_cache import user_cache
from stages.corpus.extractors.extractor import Extractor, SeesPictures
from stages.corpus.joined.pictures import blend, fitted, pictures, write_video
from stages.corpus.joined.plan import JoinedVideo, Piece
from stages.corpus.video_files import on_screen


@dataclass(frozen=True)
class Making:
    """How joined videos are made of their clips' files."""

    files: dict[str, Path]
    size: tuple[int, int]
    per_second: int
    per_step: int
    folder: Path

    def file_of(self, piece: Piece) -> Path:
        return self.files[piece.clip.name]

    def write(self, video: JoinedVideo) -> Path:
        """Write the video, unless it is there."""
        path = self.folder / f"{video.video_id}.mp4"
        if not path.exists():
            shown = pictures(video, self.file_of, self.size, self.per_second, self.per_step)
            write_video(shown, path, self.size, self.per_second)
        return path


def write_features(
    folder: Path, videos: Sequence[JoinedVideo], file_of: Callable[[str], Path], extractor: Extractor,
    corpus: Corpus, written: Path, work: Path,
) -> dict[str, str]:  # fmt: skip
    """Write the videos into `written` and their features into `folder`; `work` keeps those of the clips."""
    names = sorted({piece.clip.name for video in videos for piece in video.pieces})
    own = corpus.joined
    making = Making(
        {name: file_of(name) for name in names}, own.picture, own.pictures_per_second,
        own.pictures_per_second // corpus.pictures_per_second, written,
    )  # fmt: skip
    by_id = {video.video_id: video for video in videos}
    facts = {"kind": "features", "extractor": dict(extractor.facts)}
    if not isinstance(extractor, SeesPictures):
        build_shards(work / "videos", by_id, partial(_written, making), "int32", "video", kind="videos")
        paths = {video_id: making.write(video) for video_id, video in by_id.items()}
        with extractor.at_work(sum(video.steps for video in videos) / corpus.pictures_per_second):
            return build_shards(folder, paths, extractor.extract, "float16", "video", **facts)
    # Later rounds are for training alone, which needs their features and not their pictures.
    shown = {video_id: video for video_id, video in by_id.items() if not video.round}
    build_shards(work / "videos", shown, partial(_written, making), "int32", "video", kind="videos")
    lengths = Shards(work / "lengths", "corpus")
    with extractor.at_work(sum(int(lengths[name][0]) for name in names) / corpus.pictures_per_second):
        code = code_fingerprint("corpus")
        look = partial(_of_clip, extractor, own.picture, corpus.pictures_per_second, code)
        build_shards(work / "clips", making.files, look, "float16", "clip", **facts)
        joined = partial(_of_video, extractor, making, corpus.pictures_per_second, work / "clips")
        return build_shards(folder, by_id, joined, "float16", "video", **facts)


def _written(making: Making, video: JoinedVideo) -> np.ndarray:
    making.write(video)
    return np.array([video.steps])


def _of_clip(
    extractor: SeesPictures, size: tuple[int, int], per_second: int, code: str, path: Path
) -> Float[np.ndarray, "t d"]:
    """From the user's cache, where another corpus of this clip has left them, or made and put there."""
    key = fingerprint(sha256_of(path), extractor.facts, size, per_second, code)
    kept = user_cache() / "clips" / extractor.name / key[:2] / f"{key}.npy"
    try:
        return np.asarray(np.load(kept, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        rows = extractor.rows(on_screen(path, per_second, fitted(*size), threads=0)).astype(np.float16)
        with written_whole(kept) as temporary, temporary.open("wb") as file:
            np.save(file, rows)
        return rows


def _of_video(
    extractor: SeesPictures, making: Making, per_second: int, clips: Path, video: JoinedVideo
) -> Float[np.ndarray, "t d"]:
    """Its clips' rows; those of a fade, which no clip shows, are made of the faded pictures."""
    shards = _opened(clips)
    rows: list[np.ndarray] = []
    before: list[np.ndarray] = []
    for number, piece in enumerate(video.pieces):
        part = list(shards[piece.clip.name][piece.first : piece.first + piece.steps])
        if number:
            # The first step of a fade shows the old piece alone.
            faded = _faded(extractor, making, per_second, video.pieces[number - 1], piece, video.fade)
            part[: video.fade] = [*before[:1], *faded]
        fading = video.fade if number < len(video.pieces) - 1 else 0
        rows += part[: len(part) - fading]
        before = part[len(part) - fading :]
    return np.stack(rows)


def _faded(
    extractor: SeesPictures, making: Making, per_second: int, old: Piece, new: Piece, fade: int
) -> list[np.ndarray]:
    if fade < 2:
        return []

    def shown(piece: Piece, first: int) -> list[np.ndarray]:
        stream = on_screen(making.file_of(piece), per_second, fitted(*making.size), threads=1)
        return list(islice(stream, first, first + fade))

    pairs = zip(shown(old, old.first + old.steps - fade), shown(new, new.first), strict=True)
    blended = [blend(one, other, number / fade) for number, (one, other) in enumerate(pairs)]
    return list(extractor.rows(iter(blended[1:])).astype(np.float16))


@cache
def _opened(folder: Path) -> Shards:
    return Shards(folder, "corpus")
