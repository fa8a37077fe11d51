"""The corpus `joined`: captioned clips, joined to untrimmed videos whose moments are known exactly."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.artifacts import write_table
from stages.common.errors import DataError
from stages.common.params.schema import Corpus
from stages.common.seeding import generator
from stages.corpus.extractors.chosen import chosen_extractor
from stages.corpus.extractors.extractor import Extractor
from stages.corpus.joined.clips_table import Caption, Clip, read_clips
from stages.corpus.joined.features import write_features
from stages.corpus.joined.lengths import measured
from stages.corpus.joined.plan import JoinedVideo, Piece, join, shortest
from stages.corpus.media import AUDIO, VIDEO, Files
from stages.corpus.queries import Query
from stages.corpus.splits import SPLITS, draw


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
        # What was left out, and why: numbers of clips.
        self.left_out: dict[str, int] = {}

    def queries(self) -> list[Query]:
        """A query for each caption that is chosen of each piece."""
        # Weights that are missing are better told of before the work than behind it.
        _ = self._extractor
        return [query for video in self.joined for query in self._queries(video)]

    @cached_property
    def joined(self) -> list[JoinedVideo]:
        """All videos: the training clips are joined `rounds` times, the others once."""
        clips, steps = self._usable()
        per_second = self.corpus.pictures_per_second
        videos = []
        for split in SPLITS:
            own = [clip for clip in clips if clip.split == split]
            for round_ in range(self.params.rounds if split == "train" else 1):
                made = join(own, steps, split, round_, self.params, per_second, self.seed)
                lost = len(own) - sum(len(video.pieces) for video in made)
                if lost:
                    self._leave_out(f"fits_no_{split}_video", lost)
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

    def _usable(self) -> tuple[list[Clip], dict[str, int]]:
        """The clips that can be joined, each in one split, and how many steps each has."""
        clips = read_clips(self.root)
        files = {clip.name: path for clip in clips if (path := self.video_files.at(clip.name)) is not None}
        self._drop(clips, "no_file", {c.name: f"{c.place}: {self.video_files.folder} has no file {c.name!r}"
                                      for c in clips if c.name not in files})  # fmt: skip
        steps, failures = measured(self.work / "lengths", files, self.corpus.pictures_per_second)
        self._drop(clips, "unreadable", failures)
        least = shortest(self.params, self.corpus.pictures_per_second)
        self._drop(clips, "too_short", {
            name: f"{files[name]} lasts {count / self.corpus.pictures_per_second:g} s; a piece has at least "
            f"{least / self.corpus.pictures_per_second:g} s"
            for name, count in steps.items() if count < least
        })  # fmt: skip
        self._split(clips)
        return clips, steps

    def _drop(self, clips: list[Clip], rule: str, reasons: dict[str, str]) -> None:
        """Leave clips out, and say why; `corpus.strict` refuses that."""
        if not reasons:
            return
        if self.corpus.strict:
            listed = "; ".join(list(reasons.values())[:10])
            raise DataError(f"{len(reasons)} clips can't be used and corpus.strict is true: {listed}")
        for text in list(reasons.values())[:3]:
            print(f"dropped: {text}")
        if len(reasons) > 3:
            print(f"dropped: {len(reasons) - 3} more clips, {rule}")
        clips[:] = [clip for clip in clips if clip.name not in reasons]
        self._leave_out(rule, len(reasons))

    def _leave_out(self, rule: str, count: int) -> None:
        self.left_out[rule] = self.left_out.get(rule, 0) + count

    def _split(self, clips: list[Clip]) -> None:
        """Give each clip its split: by source, so that nothing of a test film is seen in training."""
        given = [clip for clip in clips if clip.split]
        if given and len(given) < len(clips):
            without = next(clip for clip in clips if not clip.split)
            raise DataError(
                f"{without.place}: clip {without.name!r} has no split and others have; fill in all or none"
            )
        if not given:
            test = draw([clip.source for clip in clips], self.corpus.test_fraction, self.seed, "test")
            for clip in clips:
                clip.split = "test" if clip.source in test else "train"
        self._keep_sources_apart(clips)
        for split in ("train", "test"):
            if not any(clip.split == split for clip in clips):
                raise DataError(f"{self.root}: no usable clip is {split}; both train and test are needed")
        if not any(clip.split == "dev" for clip in clips):
            sources = [clip.source for clip in clips if clip.split == "train"]
            dev = draw(sources, self.corpus.dev_fraction, self.seed, "dev")
            for clip in clips:
                if clip.split == "train" and clip.source in dev:
                    clip.split = "dev"

    def _keep_sources_apart(self, clips: list[Clip]) -> None:
        """A film of test is not trained on, nor chosen by: its clips in other splits are left out."""
        held: dict[str, str] = {}
        for split in reversed(SPLITS):
            mine = {clip.source for clip in clips if clip.split == split}
            self._drop(clips, f"{split}_source_held_out", {
                clip.name: f"{clip.place}: clip {clip.name!r} is {split}, but its source {clip.source!r} is "
                f"also in {held[clip.source]}"
                for clip in clips if clip.split == split and clip.source in held
            })  # fmt: skip
            held |= dict.fromkeys(mine - set(held), split)

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
        own = self.params.captions
        count = len(piece.clip.captions)
        if video.split == "train":
            if own.train == "all":
                return range(count)
            return [int(generator(self.seed, "caption", video.round, piece.clip.name).integers(count))]
        return range(count) if video.split == "test" and own.test == "all" else [0]

    @cached_property
    def _recordings(self) -> dict[str, Path]:
        return {}

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
