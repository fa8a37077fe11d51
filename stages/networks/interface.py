"""What every network takes and gives."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.networks.masks import masked_softmax


@dataclass(frozen=True)
class Inputs:
    """A batch. In the masks True is real; real frames come first.

    `query` holds log-mels [.., frames, bands] or word vectors [.., words, dims]. Where several queries
    ask of one video, `video` may hold each video once: `video_of` is the row in it of each query.
    """

    video: Float[Tensor, "videos frames features"]
    video_mask: Bool[Tensor, "videos frames"]
    query: Float[Tensor, "batch tokens dims"]
    query_mask: Bool[Tensor, "batch tokens"]
    video_of: Int[Tensor, " batch"] | None = None

    def per_query(self, of_videos: Tensor) -> Tensor:
        """Turn a row per video into a row per query."""
        return of_videos if self.video_of is None else of_videos[self.video_of]


@dataclass(frozen=True)
class Seen:
    """What a module makes of the videos alone, a row for each; `within` is what its query encoder makes."""

    frames: Float[Tensor, "videos *places width"]
    within: "Seen | None" = None


@dataclass(frozen=True)
class Scores:
    """Scores before softmax and sigmoid, per query, chunk and video frame, in fp32.

    `inside` is the base network's, `highlight` VSLNet's.
    """

    start: Float[Tensor, "batch chunks frames"]
    end: Float[Tensor, "batch chunks frames"]
    video_mask: Bool[Tensor, "batch frames"]
    inside: Float[Tensor, "batch chunks frames"] | None = None
    highlight: Float[Tensor, "batch frames"] | None = None

    def distributions(self) -> tuple[Float[Tensor, "batch frames"], Float[Tensor, "batch frames"]]:
        """The probabilities of each frame to be the first and the last, chunks averaged (001 §6.2)."""
        mask = self.video_mask[:, None]
        return masked_softmax(self.start, mask, 2).mean(1), masked_softmax(self.end, mask, 2).mean(1)


class Network(Protocol):
    """A module that finds moments. Scores and losses belong together, so each brings its own."""

    def __call__(self, inputs: Inputs) -> Scores:
        """Score every frame of every video."""

    def loss(
        self, scores: Scores, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]
    ) -> dict[str, Tensor]:
        """The named terms and their `total`; `start` and `end` are fractions of the video."""


@runtime_checkable
class Seeing(Protocol):
    """A network, or a part of one, that works on the videos before it takes up the queries.

    Its `forward` is `ask` of `see`. A video is seen once, and asked about many times: `ask` does not look at
    `Inputs.video`. A network need not have the two.
    """

    def see(self, inputs: Inputs) -> Seen | None:
        """What it makes of the videos alone."""

    def ask(self, inputs: Inputs, seen: Seen) -> Any:
        """What it gives of queries about videos that it has seen; what only a loss needs may be left out."""


def seen_by(module: nn.Module, inputs: Inputs) -> Seen | None:
    """What a module makes of the videos alone; None where it takes videos and queries together."""
    return module.see(inputs) if isinstance(module, Seeing) else None


def asked(module: nn.Module, inputs: Inputs, seen: Seen | None) -> Any:
    """What a module gives, of what it has seen where it has seen something."""
    return module(inputs) if seen is None else module.ask(inputs, seen)  # type: ignore[operator]
