"""The network of VGCL §4: the rows `base` (speech), `text` (captions) and `asr` (transcripts)."""

from torch import nn

from stages.common.params import Params
from stages.networks.audio import AudioEncoder, FirstEncoder
from stages.networks.text import TextEncoder
from stages.systems.vgcl.base import Base
from stages.systems.vgcl.objective import BoundaryAndInside


def objective(params: Params) -> BoundaryAndInside:
    """What the network of VGCL §4 learns."""
    return BoundaryAndInside(params.networks.base)


def build(params: Params, video_features: int, query: str, dims: int) -> nn.Module:
    """Base with the encoder that the query needs."""
    own, speech = params.networks.base, params.networks.speech
    encoder: nn.Module
    if query == "speech":
        encoder = AudioEncoder(FirstEncoder(dims, speech), own.hidden, speech, own.dropout)
    else:
        encoder = TextEncoder(dims, own.hidden, own.dropout)
    return Base(own, video_features, encoder)
