"""A method's model: its network behind the scaling of its inputs, and the file that holds it."""

import dataclasses
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.common import registry
from stages.common.errors import DataError
from stages.common.params import Params
from stages.common.params.load import setting
from stages.networks.interface import Inputs, Scores, Seen, asked, seen_by
from stages.training import checkpoints
from stages.training.learner import Learner
from stages.training.origins import flat

# What weights say of their shape, beside their settings.
_SHAPE = ("network", "query", "dims", "vocabulary")


class Model(Learner):
    """Videos scaled as in training, words looked up where their vectors are learned, then the network."""

    def __init__(
        self, network: nn.Module, video_features: int, words: nn.Embedding | None, video_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.network, self.words = network, words
        # The rate at which a pretrained first encoder learns, of the others'; 0 leaves it as it is.
        self.first_rate = 1.0
        # A feature is missing from all frames of a video: from some, the others would tell what it is.
        self.drop = nn.Dropout1d(video_dropout) if video_dropout else nn.Identity()
        self.register_buffer("video_mean", torch.zeros(video_features))
        self.register_buffer("video_scale", torch.ones(video_features))

    def fit_scaling(self, videos: Float[Tensor, "videos frames features"]) -> None:
        """Make each feature of the training videos have mean 0 and deviation 1."""
        self.video_mean = videos.mean(dim=(0, 1))
        # A feature that hardly ever changes must not be blown up.
        self.video_scale = 1 / (videos.std(dim=(0, 1)) + 1e-3)

    @property
    def first_encoder(self) -> nn.Module:
        """What pretraining teaches."""
        first = self.network.first_encoder
        assert isinstance(first, nn.Module)
        return first

    def train(self, mode: bool = True) -> "Model":
        super().train(mode)
        if self.first_rate == 0:
            # Nor do its norms' statistics move.
            self.first_encoder.eval()
        return self

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The weights that learn, and at what share of the learning rate."""
        if self.first_rate == 1:
            return super().parameter_groups()
        first = list(self.first_encoder.parameters())
        known = {id(weight) for weight in first}
        others = {"params": [weight for weight in self.parameters() if id(weight) not in known], "share": 1.0}
        if self.first_rate == 0:
            for weight in first:
                weight.requires_grad_(False)
            return [others]
        return [others, {"params": first, "share": self.first_rate}]

    def scaled(self, inputs: Inputs) -> Inputs:
        """The inputs as the network takes them."""
        return self._worded(self._shown(inputs))

    def scaled_video(self, video: Float[Tensor, "videos frames features"]) -> Tensor:
        """Videos as the network takes them."""
        scaled = ((video - self.video_mean) * self.video_scale).clamp(-10, 10)
        return self.drop(scaled.transpose(1, 2)).transpose(1, 2)

    def _shown(self, inputs: Inputs) -> Inputs:
        return dataclasses.replace(inputs, video=self.scaled_video(inputs.video))

    def _worded(self, inputs: Inputs) -> Inputs:
        if self.words is None:
            return inputs
        return dataclasses.replace(inputs, query=self.words(inputs.query[..., 0].long()))

    def forward(self, inputs: Inputs) -> Scores:
        return self.network(self.scaled(inputs))

    def see(self, inputs: Inputs) -> Seen | None:
        """What the network makes of the videos alone; None where it takes videos and queries together."""
        return seen_by(self.network, self._shown(inputs))

    def ask(self, inputs: Inputs, seen: Seen | None) -> Scores:
        """The scores of queries about videos that were seen, without what only a loss needs."""
        return self(inputs) if seen is None else asked(self.network, self._worded(inputs), seen)


def build(params: Params, name: str, dims: tuple[int, int], vocabulary: int) -> Model:
    """A fresh model of a row, for video and query steps of `dims` numbers."""
    method = params.methods[name]
    video_features, query_dims = dims
    words = None
    if method.query != "speech" and params.text.embeddings == "learned":
        words = nn.Embedding(vocabulary, params.text.learned_width)
        query_dims = params.text.learned_width
    module = registry.module(registry.networks()[method.network].at)
    network = module.build(params, video_features, method.query, query_dims)
    return Model(network, video_features, words, params.video.dropout)


def shape_of(params: Params, name: str, dims: tuple[int, int], vocabulary: int) -> dict[str, Any]:
    """All that the weights' shape and meaning depend on; stored with them."""
    method = params.methods[name]
    keys = registry.networks()[method.network].settings
    return {
        "network": method.network,
        "query": method.query,
        "settings": {
            key: setting(params, key) for key in (*keys, "text", "mels", "video.frames", "audio.frames")
        },
        "dims": list(dims),
        "vocabulary": vocabulary,
    }


def load_model(path: Path, params: Params, name: str, dims: tuple[int, int], vocabulary: int) -> Model:
    """The trained model of a row; refused when it was made for other inputs or another network."""
    cure = f"run `dvc repro -sf ground@{path.parent.name}`"
    tensors, facts = checkpoints.load(path, cure)
    expected, found = (
        flat({**shape["settings"], **{key: shape.get(key) for key in _SHAPE}})
        for shape in (shape_of(params, name, dims, vocabulary), {"settings": {}, **facts})
    )
    different = [key for key in sorted({*expected, *found}) if expected.get(key) != found.get(key)]
    if different:
        raise DataError(
            f"{path} was trained with other {', '.join(different)}: it has "
            f"{ {key: found.get(key) for key in different} }, the params say "
            f"{ {key: expected.get(key) for key in different} }; {cure}"
        )
    return filled(build(params, name, dims, vocabulary), tensors)


def filled(model: Model, tensors: dict[str, Tensor]) -> Model:
    """A fresh model with trained weights."""
    model.load_state_dict(tensors)
    return model
