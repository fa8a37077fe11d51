"""What a row learns from, by what it may see: moments (full), pairs (weak), or videos (zero-shot).

The truth is in `FromMoments` and nowhere else: networks never hold it, and what learns from pairs or videos
is built without it.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from stages.networks.interface import Inputs
from stages.training.model import Model
from stages.training.queries import QueryData
from stages.training.truth import Truth

Split = Literal["train", "dev"]
Rows = Int[np.ndarray, " batch"]
Terms = dict[str, Tensor]


@runtime_checkable
class FullObjective(Protocol):
    """What a network learns from the moments; its system's `objective(params)` gives it."""

    def __call__(self, scores: Any, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]) -> Terms:
        """The named terms and their `total`; `scores` is the network's, the edges are shares of the video."""


@dataclass(frozen=True)
class Pairs:
    """Queries and the videos they ask of; where in the videos, nobody says.

    `negative[i, j]`: query j asks of another video than query i, in other words.
    """

    inputs: Inputs
    negative: Bool[Tensor, "batch batch"]


@runtime_checkable
class WeakObjective(Protocol):
    """What a network learns from pairs of queries and videos."""

    def __call__(self, model: Model, pairs: Pairs, rng: np.random.Generator) -> Terms:
        """The named terms and their `total`; what is drawn comes from `rng`."""


@dataclass(frozen=True)
class Videos:
    """Videos alone, scaled as the network takes them."""

    frames: Float[Tensor, "batch frames features"]
    mask: Bool[Tensor, "batch frames"]


@runtime_checkable
class ZeroShotObjective(Protocol):
    """What a network learns from videos, without any query."""

    def __call__(self, model: Model, videos: Videos, rng: np.random.Generator) -> Terms:
        """The named terms and their `total`; what is drawn comes from `rng`."""


@runtime_checkable
class LearnsFrom(Protocol):
    """How a batch of queries becomes a loss."""

    def __call__(
        self, model: Model, split: Split, rows: Rows, inputs: Inputs, rng: np.random.Generator
    ) -> Terms:
        """The terms of some rows of a split."""


@dataclass(frozen=True)
class FromMoments:
    """Full supervision."""

    objective: FullObjective
    truth: dict[Split, Truth]

    def __call__(
        self,
        model: Model,
        split: Split,
        rows: Rows,
        inputs: Inputs,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> Terms:
        return self.objective(model(inputs), *self.truth[split].of(rows, inputs.query.device))


@dataclass(frozen=True)
class FromPairs:
    """Weak supervision."""

    objective: WeakObjective
    data: dict[Split, QueryData]

    def __call__(
        self, model: Model, split: Split, rows: Rows, inputs: Inputs, rng: np.random.Generator
    ) -> Terms:
        return self.objective(
            model, Pairs(inputs, negatives(self.data[split], rows).to(inputs.query.device)), rng
        )


def negatives(data: QueryData, rows: Rows) -> Bool[Tensor, "batch batch"]:
    """Which queries of a batch are about other videos, and say something else."""
    video, caption = data.video_of[rows], data.caption_of[rows]
    return torch.from_numpy((video[:, None] != video) & (caption[:, None] != caption))
