"""Multiple-instance learning on a 2D map: a query fits its own video better than another one."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from stages.systems.proposals.settings import Proposals
from torch import Tensor, nn

from stages.common.params import Params
from stages.networks.interface import Inputs, ProposalScores, only
from stages.networks.masks import lengths, zero_padding
from stages.training.model import Model
from stages.training.supervision import Pairs


class Hearing(nn.Module):
    """Mean of the mels behind one layer."""

    def __init__(self, bands: int, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(bands, width)

    def forward(self, inputs: Inputs) -> Float[Tensor, "batch width"]:
        sounds = zero_padding(torch.relu(self.project(inputs.query)), inputs.query_mask)
        return sounds.sum(1) / lengths(inputs.query_mask).clamp(min=1)[:, None]

    def take(self, weights: dict[str, Tensor]) -> None:
        """Load what `hum` has left."""
        self.load_state_dict(only(weights, "hearing."))


class ProposalNetwork(nn.Module):
    """Scores every run of frames of at most `longest` by what its mean has in common with the query."""

    def __init__(self, bands: int, features: int, settings: Proposals) -> None:
        super().__init__()
        self.longest = settings.longest
        self.first_encoder = Hearing(bands, settings.width)
        self.video = nn.Linear(features, settings.width)

    def forward(self, inputs: Inputs) -> ProposalScores:
        video = inputs.per_query(self.video(inputs.video))
        return ProposalScores(self.map(self.first_encoder(inputs), video))

    def map(
        self, query: Float[Tensor, "batch width"], video: Float[Tensor, "batch frames width"]
    ) -> Float[Tensor, "batch frames frames"]:
        """Sigmoid scores; -inf where there is no proposal."""
        frames = video.shape[1]
        sums = torch.cat([torch.zeros_like(video[:, :1]), video.cumsum(1)], 1)
        first, last = torch.arange(frames)[:, None], torch.arange(frames)
        length = last - first + 1
        mean = (sums[:, None, last + 1] - sums[:, first]) / length.clamp(min=1)[..., None]
        scores = torch.sigmoid((mean * query[:, None, None]).sum(-1))
        return scores.masked_fill(~_proposed(length, self.longest), -torch.inf)


def _proposed(length: Tensor, longest: int) -> Bool[Tensor, "frames frames"]:
    return (length >= 1) & (length <= longest)


@dataclass(frozen=True)
class Mil:
    """The best proposal of the query's own video against the best of a negative's."""

    def __call__(self, model: Model, pairs: Pairs, rng: np.random.Generator) -> dict[str, Tensor]:
        own = model(pairs.inputs).map.flatten(1).amax(1)
        others = pairs.negative & torch.from_numpy(rng.random(tuple(pairs.negative.shape)) < 0.9)
        rows = others.any(1)
        if not rows.any():
            return {"total": -own.clamp(1e-6, 1).log().mean()}
        inputs = model.scaled(pairs.inputs)
        video_of = torch.arange(len(own)) if inputs.video_of is None else inputs.video_of
        other = replace(inputs, video_of=video_of[others.float().argmax(1)])
        against = model.network(other).map.flatten(1).amax(1)[rows]
        loss = -own.clamp(1e-6, 1).log().mean() - (1 - against).clamp(1e-6, 1).log().mean()
        return {"total": loss}


def objective(_: Params) -> Mil:
    """What the network learns."""
    return Mil()


def build(params: Params, video_features: int, query: str, dims: int) -> ProposalNetwork:
    """The network of a row."""
    assert query == "speech", "registered for speech alone"
    return ProposalNetwork(dims, video_features, params.sections["proposals"])
