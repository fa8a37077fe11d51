"""A trained method that can be asked about any video."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float

from stages.common.errors import DataError
from stages.common.loading import pad
from stages.common.user_cache import user_cache
from stages.corpus.extractors.chosen import chosen_extractor
from stages.corpus.extractors.extractor import Extractor, Pixels, Progress, untold
from stages.corpus.features import IMPORTED
from stages.networks.interface import Inputs, Seen
from stages.scoring.answers import Curves, ranked
from stages.scoring.metrics import MOMENTS
from stages.scoring.moments import Candidates
from stages.tools.ask.answer import Answer, Moment, Work
from stages.tools.ask.cache import Cache
from stages.tools.ask.device import usable_device
from stages.tools.ask.ears import Ear, Listening, Reading
from stages.tools.ask.lexicon import Lexicon
from stages.tools.ask.memory import Memory
from stages.tools.ask.query import Query, check_queries
from stages.tools.ask.trained import Trained, read_trained
from stages.tools.ask.video import Video, described, imported
from stages.training.precision import autocast

Precision = Literal["fp32", "bf16", "auto"]


class Grounder:
    """Answers as the pipeline does. One thread at a time may ask it."""

    def __init__(self, trained: Trained, device: str, precision: Precision, cache: Path) -> None:
        self.trained = trained
        self.device, self.precision = usable_device(device), precision
        self.cache = Cache(cache)
        self.model = trained.model.to(self.device)
        self.ear = _ear_of(trained)
        self.memory = Memory()

    @classmethod
    def load(
        cls,
        folder: str | Path,
        device: str = "auto",
        precision: Precision = "fp32",
        cache: str | Path | None = None,
    ) -> "Grounder":
        """The method in `models/<method>` of a checkout; `cache` is where videos' descriptions are kept.

        One query at a time is answered faster in fp32, also where training is faster in bf16.
        """
        return cls(
            read_trained(Path(folder)), device, precision, user_cache() if cache is None else Path(cache)
        )

    def video(
        self, path: str | Path, features: str | Path | None = None, progress: Progress = untold
    ) -> Video:
        """Describe a video; with `features`, take those that the model's own extractor made of it.

        `progress` is called again and again with the share of the video that has been described.
        """
        own, width, name = self.trained.extractor, self.trained.video_width, self.trained.name
        if features is not None:
            if own == Pixels().facts:
                raise DataError(f"{name} was trained on our own description of pixels; give the video alone")
            return imported(Path(path), Path(features), own)
        if own == IMPORTED:
            raise DataError(
                f"{name} was trained on imported features of {width} numbers, which can't be "
                f"had from pixels; give those of {path} too, a .npy or .h5 file [T, {width}] (--features)"
            )
        return described(Path(path), self.extractor, self.cache, progress)

    @cached_property
    def extractor(self) -> Extractor:
        """What describes videos as the model knows them; refused where params.yaml names another."""
        own = self.trained.extractor
        if own == Pixels().facts:
            return Pixels()
        found = chosen_extractor(self.trained.params.corpus)
        if found.facts != own:
            raise DataError(
                f"{self.trained.name} was trained on features by {told_of(own)}; params.yaml's `corpus` "
                f"names {told_of(found.facts)}; name the same there, or give the video's features "
                "(--features)"
            )
        return found

    def ground(self, video: Video, query: Query, top: int = MOMENTS) -> Answer:
        """The moments that a query means: a recording's path, (samples, rate), or `Text`."""
        return self.ground_all(video, [query], top)[0]

    @torch.inference_mode()
    def ground_all(self, video: Video, queries: Sequence[Query], top: int = MOMENTS) -> list[Answer]:
        """The same for several queries about one video, which the network takes together."""
        self._check(video)
        check_queries(queries)
        if not len(queries):
            return []
        works = [Work() for _ in queries]
        steps, words = zip(
            *(self.ear(query, work) for query, work in zip(queries, works, strict=True)), strict=True
        )
        network = Work()
        with network.timed("network"):
            candidates, curves = self._scores(video, steps)
        cells = next(iter(curves.values())).shape[1]
        edges = np.linspace(0, video.duration, cells + 1)
        answers = []
        for row, work in enumerate(works):
            work.seconds |= network.seconds
            own = {name: curve[row : row + 1] for name, curve in curves.items()}
            with work.timed("ranking"):
                found = ranked(candidates.only(row), own, self.trained.nms, top)
                best = found.in_seconds(np.array([video.duration]))[0]
                # Where nothing is left to tell, the best is repeated with score 0.
                moments = [
                    Moment(*map(float, one)) for rank, one in enumerate(best) if not rank or one[2] > 0
                ]
            lines = {name: curve[0] for name, curve in own.items()}
            answers.append(Answer(moments, edges, lines, words[row], work.seconds, work.notes))
        return answers

    @torch.inference_mode()
    def see(self, video: Video) -> Seen | None:
        """What the network makes of the video alone: once, before or with the first question about it."""
        seen = self.memory.get(video)
        if seen is None:
            nothing = np.empty((0, 0, 0), np.float32), np.empty((0, 0), np.bool_)
            with autocast(self.device, self.precision):
                seen = self.model.see(self._inputs(video, *nothing))
            if seen is not None:
                self.memory.keep(video, seen)
        return seen

    def _scores(
        self, video: Video, steps: Sequence[Float[np.ndarray, "_ dims"]]
    ) -> tuple[Candidates, Curves]:
        seen = self.see(video)
        inputs = self._inputs(video, *pad(steps, self.trained.params.audio.frames))
        with autocast(self.device, self.precision):
            scores = self.model.ask(inputs, seen)
            return scores.candidates(), scores.curves()

    def _inputs(
        self,
        video: Video,
        query: Float[np.ndarray, "queries steps dims"],
        mask: Bool[np.ndarray, "queries steps"],
    ) -> Inputs:
        grid = torch.from_numpy(video.on_grid(self.trained.params.video.frames))[None].to(self.device)
        return Inputs(
            video=grid,
            video_mask=torch.ones(grid.shape[:2], dtype=torch.bool, device=self.device),
            query=torch.from_numpy(query).to(self.device),
            query_mask=torch.from_numpy(mask).to(self.device),
            video_of=torch.zeros(len(query), dtype=torch.long, device=self.device),
        )

    def _check(self, video: Video) -> None:
        if not isinstance(video, Video):
            raise DataError(f"{video!r} is no video yet; `grounder.video(path)` makes one of a file")
        own, width = self.trained.extractor, self.trained.video_width
        if video.extractor != own or video.features.shape[1] != width:
            raise DataError(
                f"{video.path} has {video.features.shape[1]} numbers per step ({told_of(video.extractor)}); "
                f"{self.trained.name} was trained on {width} ({told_of(own)}) and needs these"
            )

    def prepare(self) -> None:
        """Load what the first spoken query needs, so that what is missing shows now."""
        self.ear.prepare()

    def close(self) -> None:
        """Give back a recogniser's memory."""
        self.ear.close()

    def __enter__(self) -> "Grounder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def told_of(extractor: Mapping[str, object]) -> str:
    """An extractor by its name and what it was made with."""
    facts = [f"{key} {value}" for key, value in extractor.items() if key not in ("name", "width")]
    return ", ".join([str(extractor["name"]), *facts])


def _ear_of(trained: Trained) -> Ear:
    params, name = trained.params, trained.name
    if trained.method.listens:
        return Listening(name, params.mels, params.audio.frames)
    lexicon = Lexicon(trained.project / "data/words" / name, name, params.text)
    asr = params.asr if trained.method.query == "transcripts" else None
    return Reading(name, lexicon, asr, trained.project)
