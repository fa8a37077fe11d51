"""A method's model: its network behind the scaling of its inputs, and the file that holds it."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.common import registry
from stages.common.errors import DataError, ParamsError
from stages.common.params import Params
from stages.common.params.schema import Method
from stages.networks.interface import Inputs, Scores, Seen, asked, seen_by
from stages.training import checkpoints
from stages.training.learner import Learner
from stages.training.pretrained import as_pretrained


class Model(Learner):
    """Videos scaled as in training, words looked up where their vectors are learned, then the network."""

    def __init__(self, network: nn.Module, video_features: int, words: nn.Embedding | None) -> None:
        super().__init__()
        self.network, self.words = network, words
        # The rate at which a pretrained first encoder learns, of the others'; 0 leaves it as it is.
        self.first_rate = 1.0
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
        return self.network.get_submodule("query.first")

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

    def _shown(self, inputs: Inputs) -> Inputs:
        video = ((inputs.video - self.video_mean) * self.video_scale).clamp(-10, 10)
        return dataclasses.replace(inputs, video=video)

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

    def loss(
        self, inputs: Inputs, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]
    ) -> dict[str, Tensor]:
        """The network's loss terms; `start` and `end` are fractions of the video."""
        return self.network.loss(self(inputs), start, end)  # type: ignore[operator]


def build(method: Method, params: Params, dims: tuple[int, int], vocabulary: int) -> Model:
    """A fresh model for video and query steps of `dims` numbers."""
    known = registry.networks()
    if method.network not in known:
        have = ", ".join(sorted(known))
        raise ParamsError(f"params.yaml: there is no network {method.network!r}; stages/systems has {have}")
    module = importlib.import_module(known[method.network])
    video_features, query_dims = dims
    words = None
    if method.query != "speech" and params.text.embeddings == "learned":
        words = nn.Embedding(vocabulary, params.text.learned_width)
        query_dims = params.text.learned_width
    return Model(module.build(params, video_features, method.query, query_dims), video_features, words)


def shape_of(method: Method, params: Params, dims: tuple[int, int], vocabulary: int) -> dict[str, Any]:
    """All that the weights' shape and meaning depend on; stored with them."""
    return {
        "method": method.model_dump(),
        "networks": params.networks.model_dump(mode="json"),
        "text": params.text.model_dump(),
        "mels": params.mels.model_dump(),
        "video_frames": params.video.frames,
        "audio_frames": params.audio.frames,
        "dims": list(dims),
        "vocabulary": vocabulary,
    }


def load_model(path: Path, method: Method, params: Params, dims: tuple[int, int], vocabulary: int) -> Model:
    """The trained model; refused when it was made for other inputs or another network."""
    cure = f"run `dvc repro -sf ground@{path.parent.name}`"
    tensors, facts = checkpoints.load(path, cure)
    expected = shape_of(method, params, dims, vocabulary)
    different = [key for key in expected if expected[key] != facts.get(key)]
    if different:
        raise DataError(
            f"{path} was trained with other {', '.join(different)}: it has "
            f"{ {key: facts.get(key) for key in different} }, the params say "
            f"{ {key: expected[key] for key in different} }; {cure}"
        )
    model = build(method, as_pretrained(params, facts["pretrained"]), dims, vocabulary)
    model.load_state_dict(tensors)
    return model
