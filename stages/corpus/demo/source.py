"""The demo world as a corpus: its worlds drawn, its events described, its speakers chosen."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stages.common.params.schema import Corpus
from stages.common.seeding import generator
from stages.corpus.demo.captions import describe
from stages.corpus.demo.render import render
from stages.corpus.demo.world import World, draw_world
from stages.corpus.extractors.extractor import Pixels
from stages.corpus.features import write_features
from stages.corpus.queries import Query
from stages.corpus.voices.speakers import SPEAKERS


@dataclass(frozen=True)
class DemoVideo:
    """A demo video to render, unless it is there, and to describe."""

    video_id: str
    world: World
    seed: int
    path: Path


def from_world(video: DemoVideo) -> Float[np.ndarray, "t d"]:
    """Render the video, then describe what the file shows."""
    if not video.path.exists():
        render(video.world, video.seed, video.video_id, video.path)
    return Pixels().extract(video.path)


class Demo:
    """A corpus that is made, not read: `video` says where the room has rendered it to."""

    def __init__(self, corpus: Corpus, seed: int, videos: Path) -> None:
        self.params, self.test_fraction = corpus.demo, corpus.test_fraction
        self.seed, self.videos = seed, videos

    @cached_property
    def worlds(self) -> dict[str, World]:
        """The worlds by video id."""
        count = self.params.videos
        ids = [f"demo-{number:05d}" for number in range(count)]
        return {
            video_id: draw_world(generator(self.seed, "world", video_id), self.params.seconds)
            for video_id in ids
        }

    def _speakers_by_split(self) -> dict[str, list[str]]:
        # As many women as men are kept for the test split alone.
        unseen: set[str] = set()
        for sex, count in (
            ("female", -(-self.params.unseen_speakers // 2)),
            ("male", self.params.unseen_speakers // 2),
        ):
            names = [speaker.name for speaker in SPEAKERS.values() if speaker.sex == sex]
            unseen.update(generator(self.seed, "unseen speakers", sex).permutation(names)[:count])
        return {"train": [name for name in SPEAKERS if name not in unseen], "test": list(SPEAKERS)}

    def queries(self) -> list[Query]:
        """One query per event."""
        ids = list(self.worlds)
        shuffled = generator(self.seed, "test videos").permutation(ids)
        test = set(shuffled[: max(1, round(len(ids) * self.test_fraction))])
        speakers = self._speakers_by_split()
        queries = []
        for video_id, world in self.worlds.items():
            split = "test" if video_id in test else "train"
            for number, event in enumerate(world.events):
                query_id = f"{video_id}-{number}"
                rng = generator(self.seed, "query", query_id)
                queries.append(
                    Query(
                        query_id=query_id,
                        video_id=video_id,
                        split=split,
                        duration=world.duration,
                        start=event.start,
                        end=event.end,
                        caption=describe(rng, event, world),
                        speaker=speakers[split][int(rng.integers(len(speakers[split])))],
                        speech_id=query_id,
                    )
                )
        return queries

    def recording(self, speech_id: str) -> Path | None:  # noqa: ARG002
        return None

    def features(self, video_id: str) -> np.ndarray | None:  # noqa: ARG002
        return None

    def has_features(self, video_id: str) -> bool:  # noqa: ARG002
        return True

    def video(self, video_id: str) -> Path | None:
        return self.videos / f"{video_id}.mp4"

    def write_features(self, folder: Path, video_ids: Iterable[str]) -> dict[str, str]:
        """Write the videos and their features."""
        videos = {
            video_id: DemoVideo(video_id, self.worlds[video_id], self.seed, self.videos / f"{video_id}.mp4")
            for video_id in video_ids
        }
        return write_features(folder, videos, from_world, Pixels().facts)
