"""The video files beside the page: linked where that can be done, else copied."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from stages.common.errors import DataError
from stages.common.params import Params
from stages.corpus.media import Media
from stages.corpus.queries import VIDEOS

# A file's place in the page's folder, or why there is none.
Place = tuple[str | None, str]


def place_videos(params: Params, video_ids: Sequence[str], folder: Path) -> list[Place]:
    """Put the file of each video under `folder`/videos."""
    find = finder(params)
    (folder / "videos").mkdir()
    places: list[Place] = []
    for number, video_id in enumerate(tqdm(video_ids, "videos", unit="video", disable=None)):
        try:
            source = find(video_id)
        except DataError as error:
            places.append((None, str(error)))
            continue
        if source is None:
            places.append((None, _why_none(params)))
            continue
        # Numbered: an id may hold what a file name or an address may not.
        name = f"videos/{number:05d}{source.suffix.lower()}"
        _place(source, folder / name)
        places.append((name, ""))
    return places


def finder(params: Params) -> Callable[[str], Path | None]:
    """Where a video's file is, by its id."""
    if params.corpus.makes_videos:
        return _made
    files = Media(params.corpus).video_files
    return files.at if params.corpus.name == "own" else files.named


def _made(video_id: str) -> Path | None:
    path = VIDEOS / f"{video_id}.mp4"
    return path if path.exists() else None


def _why_none(params: Params) -> str:
    if params.corpus.makes_videos:
        return f"{VIDEOS} has no file of it; `dvc checkout` brings the videos that were made."
    return (
        "The folder of the video files (corpus.videos_folder, else videos in corpus.root) has no file of it. "
        "The features were found without it; with the file there, make this page again."
    )


def _place(source: Path, target: Path) -> None:
    # DVC may have put a link to its cache in the workspace.
    source = source.resolve()
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise DataError(
                f"{source} can't be copied to {target.parent} ({error.strerror}); choose an --out on the "
                "disk of the videos, where they need no room, or make the page with --no-videos"
            ) from None
