"""What every network takes and gives. Nothing here holds a true moment: those are the task's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.networks.masks import masked_softmax
from stages.scoring.answers import EDGES, RELEVANCE, Curves
from stages.scoring.moments import Candidates, relevance, runs_of


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


@runtime_checkable
class Scores(Protocol):
    """What a network gives. Ranking, plots, `ask`, `browse` and `live` read these two and nothing else."""

    def candidates(self) -> Candidates:
        """The moments that NMS ranks, in video frames."""

    def curves(self) -> Curves:
        """`p_start` and `p_end` of networks that predict edges, `relevance` of all others."""


@dataclass(frozen=True)
class EdgeScores:
    """Scores of start and end before softmax, per query, chunk and video frame, in fp32."""

    start: Float[Tensor, "batch chunks frames"]
    end: Float[Tensor, "batch chunks frames"]
    video_mask: Bool[Tensor, "batch frames"]

    def distributions(self) -> tuple[Float[Tensor, "batch frames"], Float[Tensor, "batch frames"]]:
        """The probabilities of each frame to be the first and the last, chunks averaged (VGCL §6.2)."""
        mask = self.video_mask[:, None]
        return masked_softmax(self.start, mask, 2).mean(1), masked_softmax(self.end, mask, 2).mean(1)

    def joint(self) -> Float[Tensor, "batch frames frames"]:
        """The score of the moment from frame s to frame e: p_start[s] · p_end[e]."""
        start, end = (p.float().double() for p in self.distributions())
        return start[:, :, None] * end[:, None]

    def candidates(self) -> Candidates:
        return runs_of(in_numpy(self.joint()))

    def curves(self) -> Curves:
        return dict(zip(EDGES, (in_numpy(p.float()) for p in self.distributions()), strict=True))


@dataclass(frozen=True)
class ProposalScores:
    """A 2D map of proposals: cell [s, e] scores the moment from frame s to frame e; -inf is no proposal.

    Scores are 0 or more, such as a sigmoid gives.
    """

    map: Float[Tensor, "batch frames frames"]

    def joint(self) -> Float[Tensor, "batch frames frames"]:
        return self.map.double()

    def candidates(self) -> Candidates:
        return runs_of(in_numpy(self.joint()))

    def curves(self) -> Curves:
        return {RELEVANCE: relevance(self.candidates(), self.map.shape[1])}


@dataclass(frozen=True)
class SpanScores:
    """Moments of any place and length, such as the middle parts of Gaussians, as shares of the video.

    Scores are 0 or more.
    """

    spans: Float[Tensor, "batch candidates 2"]
    scores: Float[Tensor, "batch candidates"]
    frames: int

    def candidates(self) -> Candidates:
        return Candidates(in_numpy(self.spans.double() * self.frames), in_numpy(self.scores.double()))

    def curves(self) -> Curves:
        return {RELEVANCE: relevance(self.candidates(), self.frames)}


def in_numpy(x: Tensor) -> Float[np.ndarray, "..."]:
    """A tensor of any device, without its gradient."""
    return x.detach().cpu().numpy()


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
    if seen is None or not isinstance(module, Seeing):
        return module(inputs)
    return module.ask(inputs, seen)


@runtime_checkable
class Pretrained(Protocol):
    """The first encoder of a network, as grounding needs it: it takes what pretraining has left for it."""

    def take(self, weights: dict[str, Tensor]) -> None:
        """Load its part of a pretraining network's weights; a part that is missing is an error."""


def only(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights below a prefix, without it."""
    return {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
