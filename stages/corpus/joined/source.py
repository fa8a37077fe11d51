"""The corpus `joined`: captioned clips, joined to untrimmed videos whose moments are known exactly."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.artifacts import write_table
from stages.common.params.schema import Corpus
from stages.common.seeding import generator
from stages.corpus.extractors.chosen import chosen_extractor
from stages.corpus.extractors.extractor import Extractor
from stages.corpus.joined.clips_table import Caption, Clip
from stages.corpus.joined.features import write_features
from stages.corpus.joined.plan import JoinedVideo, Piece, join
from stages.corpus.joined.usable import LeftOut, usable_clips
from stages.corpus.media import AUDIO, VIDEO, Files
from stages.corpus.queries import Query
from stages.corpus.splits import SPLITS


class Joined:
    """A corpus that is made of what its folder holds; `videos` and `work` say where to."""

    def __init__(self, corpus: Corpus, seed: int, videos: Path, work: Path) -> None:
        assert corpus.root is not None, "the schema requires a root for every corpus but the demo"
        self.corpus, self.params, self.seed = corpus, corpus.joined, seed
        self.root, self.videos, self.work = Path(corpus.root), videos, work
        self.video_files = Files(
            Path(corpus.videos_folder or self.root / "videos"),
            VIDEO,
            "set corpus.videos_folder to the folder of the clips",
        )
        recorded = corpus.speech == "recorded"
        self.speech_files = Files(
            Path(corpus.speech_folder or self.root / "speech"),
            AUDIO,
            "set corpus.speech_folder to the recordings, or corpus.speech to tts" if recorded else None,
        )
        self._left_out = LeftOut(corpus.strict)
        self._recordings: dict[str, Path] = {}

    @property
    def left_out(self) -> dict[str, int]:
        """How many clips were left out, by rule."""
        return self._left_out.counts

    def queries(self) -> list[Query]:
        """A query for each caption that is chosen of each piece."""
        # Weights that are missing are better told of before the work than behind it.
        _ = self._extractor
        return [query for video in self.joined for query in self._queries(video)]

    @cached_property
    def joined(self) -> list[JoinedVideo]:
        """All videos: the training clips are joined `rounds` times, the others once."""
        clips, steps = usable_clips(self.corpus, self.seed, self.video_files, self.work, self._left_out)
        per_second = self.corpus.pictures_per_second
        videos = []
        for split in SPLITS:
            own = [clip for clip in clips if clip.split == split]
            for round_ in range(self.params.rounds if split == "train" else 1):
                made = join(own, steps, split, round_, self.params, per_second, self.seed)
                lost = len(own) - sum(len(video.pieces) for video in made)
                self._left_out.count(f"fits_no_{split}_video", lost)
                videos += made
        return videos

    def recording(self, speech_id: str) -> Path | None:
        """The file with the speech, or None where there is none."""
        return self._recordings.get(speech_id)

    def features(self, video_id: str) -> np.ndarray | None:  # noqa: ARG002
        """None: features are made, not imported."""
        return None

    def has_features(self, video_id: str) -> bool:  # noqa: ARG002
        """Whether features can be had: always, for clips that can't be read are in no video."""
        return True

    def video(self, video_id: str) -> Path | None:
        """The video file, where the room has written it."""
        return self.videos / f"{video_id}.mp4"

    def write_features(self, folder: Path, video_ids: Iterable[str]) -> dict[str, str]:
        """Write the videos and their features; return those that can't be made, and why."""
        wanted = set(video_ids)
        videos = [video for video in self.joined if video.video_id in wanted]
        write_table(self.videos / "pieces.parquet", _pieces(videos, self.corpus.pictures_per_second))
        return write_features(
            folder, videos, self._file_of, self._extractor, self.corpus, self.videos, self.work
        )

    @cached_property
    def _extractor(self) -> Extractor:
        return chosen_extractor(self.corpus)

    def _file_of(self, name: str) -> Path:
        path = self.video_files.at(name)
        assert path is not None, "only clips with a file are joined"
        return path

    def _queries(self, video: JoinedVideo) -> Iterable[Query]:
        per_second = self.corpus.pictures_per_second
        for piece, start, end in video.moments():
            for number in self._chosen(video, piece):
                caption = piece.clip.captions[number]
                yield Query(
                    query_id=f"{video.video_id}/{piece.clip.name}#{number:02d}",
                    video_id=video.video_id,
                    split=video.split,
                    duration=video.steps / per_second,
                    start=start / per_second,
                    end=end / per_second,
                    caption=caption.text,
                    speaker=caption.speaker,
                    speech_id=self._spoken(piece.clip, number, caption),
                )

    def _chosen(self, video: JoinedVideo, piece: Piece) -> Iterable[int]:
        """The numbers of the captions that ask for a piece."""
        count = len(piece.clip.captions)
        match getattr(self.params.captions, video.split):
            case "all":
                return range(count)
            case "one":
                return [int(generator(self.seed, "caption", video.round, piece.clip.name).integers(count))]
            case _:
                return [0]

    def _spoken(self, clip: Clip, number: int, caption: Caption) -> str:
        """The name of a caption's speech, which all videos of a clip share."""
        speech_id = f"{clip.name}#{number:02d}"
        if caption.speech and (path := self.speech_files.at(caption.speech)) is not None:
            self._recordings[speech_id] = path
        return speech_id


def _pieces(videos: list[JoinedVideo], per_second: int) -> pd.DataFrame:
    """What each video is made of, in seconds: where a piece begins in the video, and in its clip."""
    return pd.DataFrame(
        {
            "video_id": video.video_id, "split": video.split, "round": video.round,
            "clip": piece.clip.name, "source": piece.clip.source, "category": piece.clip.category,
            "start": start / per_second, "end": end / per_second,
            "clip_start": piece.first / per_second, "seconds": piece.steps / per_second,
        }
        for video in videos
        for piece, start, end in video.moments()
    )  # fmt: skip
