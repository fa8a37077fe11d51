import pytest
import torch
from torch import nn

import stages.common.params  # noqa: F401
from stages.common.params.networks import BaseNetwork, GuideNetwork, SpeechEncoder, VslNetwork
from stages.common.params.pretraining import Curriculum, Pretraining
from stages.networks.audio import AudioEncoder, FirstEncoder
from stages.networks.interface import Inputs
from stages.networks.text import TextEncoder, WordProjection
from stages.systems.vgcl.base import Base
from stages.systems.vgcl.objective import BoundaryAndInside
from stages.systems.vslnet.objective import SpanAndHighlight
from stages.systems.vslnet.vsl import Vsl

BANDS, WORD, FEATURES, FRAMES = 16, 10, 12, 9

BASE = {
    "hidden": 16, "chunks": 2, "dropout": 0.1, "layers": 1, "heads": 2, "positions": True,
    "similarity": "trilinear", "labels": "hard", "inside_weight": 5.0,
}  # fmt: skip
SPEECH = SpeechEncoder(normalise="utterance", width=8, strides=(2, 2), projection=0, residual_strides=(2, 1))
VSL = VslNetwork(hidden=16, dropout=0.1, heads=2, longest=64, extension=0.1, highlight_weight=5.0)


def listener() -> AudioEncoder:
    return AudioEncoder(FirstEncoder(BANDS, SPEECH), 16, SPEECH, 0.1)


def make(name: str, query: str, **base: object) -> nn.Module:
    """A tiny network; `base` overrides keys of the base network."""
    torch.manual_seed(0)
    if name == "base":
        text: nn.Module = TextEncoder(WORD, 16, 0.1)
        encoder = listener() if query == "speech" else text
        return Base(BaseNetwork.model_validate({**BASE, **base}), FEATURES, encoder)
    encoder = listener() if query == "speech" else WordProjection(WORD, 16, 0.1)
    return Vsl(VSL, FEATURES, encoder, with_highlight=name == "vslnet")


def batch(query: str, lengths: list[int], frames: list[int] | None = None, seed: int = 0) -> Inputs:
    """Random queries of these lengths, and videos of these numbers of frames, padded with noise."""
    generator = torch.Generator().manual_seed(seed)
    frames = frames or [FRAMES] * len(lengths)
    dims = BANDS if query == "speech" else WORD
    return Inputs(
        video=torch.randn(len(frames), max(frames), FEATURES, generator=generator),
        video_mask=prefix(frames),
        query=torch.randn(len(lengths), max(lengths), dims, generator=generator),
        query_mask=prefix(lengths),
    )


def prefix(lengths: list[int]) -> torch.Tensor:
    return torch.arange(max(max(lengths), 1)) < torch.tensor(lengths)[:, None]


NETWORKS = [
    pytest.param(("base", "speech", {}), id="base"),
    pytest.param(("base", "speech", {"similarity": "additive", "labels": "soft"}), id="base-additive"),
    pytest.param(("base", "speech", {"similarity": "dot", "chunks": 1, "layers": 0}), id="base-dot"),
    pytest.param(("base", "text", {}), id="text"),
    pytest.param(("vslbase", "speech", {}), id="vslbase"),
    pytest.param(("vslnet", "speech", {}), id="vslnet"),
    pytest.param(("vslnet", "text", {}), id="vslnet-text"),
]


@pytest.fixture(params=NETWORKS)
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, str]:
    """Each network with its kind of query."""
    name, query, base = request.param
    return make(name, query, **base), query


PRETRAINING = Pretraining.model_validate(
    {
        "epochs": 2, "batch": 4, "batch_by": "none", "select": "bound",
        "lr": 0.001, "warmup": 10, "schedule": "cosine",
        "weight_decay": 0.0, "clip": 5.0, "patience": 2,
        "ahead": [1, 2], "negatives": "batch", "temperature": 1.0, "audio_steps": 64,
        "codebook": {"codes": 4, "decay": 0.9, "commitment": 0.25},
        "align": {"temperature": 0.1, "dropout": 0.0},
        "foretell": {"target": "rest", "clean": True, "mute": 0.0, "blind": 0.0},
    }
)  # fmt: skip


def curriculum(**changed: object) -> Curriculum:
    values = {
        "kappa": 10, "pacing": "linear", "start": 0, "stop": None, "enabled": True, "random": True,
    }  # fmt: skip
    return Curriculum.model_validate({**values, **changed})


def guide(**changed: object) -> GuideNetwork:
    values = {
        "layers": 1, "heads": 2, "dropout": 0.0, "entire_video": True, "self_attention": True,
        "mask": "before", "relu": True, "norm": "layer",
    }  # fmt: skip
    return GuideNetwork.model_validate({**values, **changed})


def objective(network: nn.Module) -> BoundaryAndInside | SpanAndHighlight:
    """What a network of these tests is trained by."""
    if isinstance(network, Base):
        return BoundaryAndInside(network.params)
    assert isinstance(network, Vsl)
    return SpanAndHighlight(network.params)
