"""The networks by name."""

from collections.abc import Callable
from typing import Literal

from torch import nn

from stages.networks.audio import AudioEncoder
from stages.networks.base import Base
from stages.networks.config import Networks
from stages.networks.interface import Network
from stages.networks.text import TextEncoder, WordProjection
from stages.networks.vsl import Vsl

Query = Literal["speech", "text"]


def _base(params: Networks, video_features: int, query: Query, dims: int) -> Network:
    hidden, dropout = params.base.hidden, params.base.dropout
    encoder = (
        AudioEncoder(dims, hidden, params.speech, dropout)
        if query == "speech"
        else TextEncoder(dims, hidden, dropout)
    )
    return Base(params.base, video_features, encoder)


def _vsl(highlight: bool) -> Callable[[Networks, int, Query, int], Network]:
    def build(params: Networks, video_features: int, query: Query, dims: int) -> Network:
        hidden, dropout = params.vsl.hidden, params.vsl.dropout
        encoder: nn.Module = (
            AudioEncoder(dims, hidden, params.speech, dropout)
            if query == "speech"
            else WordProjection(dims, hidden, dropout)
        )
        return Vsl(params.vsl, video_features, encoder, highlight)

    return build


NETWORKS: dict[str, Callable[[Networks, int, Query, int], Network]] = {
    "base": _base,
    "vslbase": _vsl(highlight=False),
    "vslnet": _vsl(highlight=True),
}


def build(name: str, params: Networks, video_features: int, query: Query, dims: int) -> Network:
    """The network `name` for videos of `video_features` and queries of `dims` numbers per step."""
    return NETWORKS[name](params, video_features, query, dims)
