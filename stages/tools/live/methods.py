"""The trained methods behind the page, side by side."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Int16

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.corpus.extractors.extractor import Pixels, Progress
from stages.corpus.features import IMPORTED
from stages.tools.ask.answer import Answer
from stages.tools.ask.choice import say, usable
from stages.tools.ask.grounder import Grounder, told_of
from stages.tools.ask.video import Video
from stages.tools.live.refusal import unknown

# As many as are compared at a glance.
SHOWN = 3


class Methods:
    """They take turns, so that what one is timed at is its own."""

    def __init__(self, grounders: dict[str, Grounder]) -> None:
        self.grounders = grounders
        self._lock, self._describing, self._opened = threading.Lock(), threading.Lock(), ExitStack()
        self._describer = next(iter(grounders.values()))
        for name, grounder in grounders.items():
            self._opened.enter_context(grounder)
            self._check(name, grounder)
        # A network's weights are read now, so that faults in them end the start.
        self._by_network = not isinstance(self._describer.extractor, Pixels)

    def _check(self, name: str, grounder: Grounder) -> None:
        if grounder.trained.method.query == "captions":
            raise DataError(f"{name} reads captions and has no ears; choose methods that take speech")
        own, described = grounder.trained.extractor, self._describer.trained
        if own == IMPORTED:
            raise DataError(
                f"{name} was trained on imported features, which the page can't make of a video; ask it "
                "by `svground ask VIDEO SPEECH --features …`"
            )
        if own != described.extractor:
            raise DataError(
                f"{name} was trained on features by {told_of(own)}, {described.name} on those by "
                f"{told_of(described.extractor)}; a video is described once for all: choose methods of one "
                "kind (--methods)"
            )

    def video(self, path: Path, progress: Progress) -> Video:
        """Describe a video, for all of them, and let each see it."""
        # A network takes all cores, or the GPU: one video at a time.
        with self._describing if self._by_network else nullcontext():
            video = self._describer.video(path, progress=progress)
        with self._lock:
            for grounder in self.grounders.values():
                grounder.see(video)
        return video

    def ask(self, name: object, video: Video, speech: Int16[np.ndarray, " t"]) -> Answer:
        """What one of them answers."""
        if name not in self.grounders:
            raise unknown("method", name)
        with self._lock:
            return self.grounders[str(name)].ground(video, (speech, SAMPLE_RATE))

    def warm_up(self) -> None:
        """Load the recognisers, and let nobody's first question pay for it."""
        hiss = np.random.default_rng(0).integers(-3000, 3000, SAMPLE_RATE).astype(np.int16)
        for name, grounder in self.grounders.items():
            nothing = np.zeros((8, grounder.trained.video_width), np.float16)
            self.ask(name, Video(Path("nothing"), 8.0, nothing, grounder.trained.extractor), hiss)

    def as_json(self) -> list[dict[str, Any]]:
        """What the page lists."""
        styles = styles_of(list(self.grounders), self._describer.trained.params.compare)
        return [
            {"name": name, "listens": grounder.trained.method.query == "speech", "style": styles[name]}
            for name, grounder in self.grounders.items()
        ]

    def __enter__(self) -> "Methods":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def styles_of(names: Sequence[str], compare: Sequence[str]) -> dict[str, int]:
    """The number of each one's colour and pattern: its place among the rows compared, as in browse."""
    order = [*compare, *(name for name in names if name not in compare)]
    return {name: order.index(name) for name in names}


def load_methods(models: Path, names: Sequence[str] | None) -> Methods:
    """Those that are named, or the best on dev and up to two others that see videos as it does."""
    if names is not None:
        return Methods({name: Grounder.load(models / name) for name in names})
    shown: dict[str, Grounder] = {}
    for chosen in usable(models, "speech"):
        own = chosen.grounder.trained.extractor
        first = next(iter(shown.values()), chosen.grounder).trained.extractor
        if own == IMPORTED or own != first:
            what = "imported features" if own == IMPORTED else f"features by {told_of(own)}"
            say(f"{chosen.name} is passed over: it was trained on {what}; `svground ask` can ask it")
            chosen.grounder.close()
            continue
        if not shown:
            other = "; --methods chooses others" if chosen.others else ""
            say(f"{chosen.name} comes first: {chosen.why}{other}")
        shown[chosen.name] = chosen.grounder
        if len(shown) == SHOWN:
            break
    if not shown:
        raise DataError(
            f"{models} has no trained method that the page can ask; what is wrong with each is said above"
        )
    return Methods(shown)
