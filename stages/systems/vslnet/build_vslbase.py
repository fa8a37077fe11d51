"""VSLBase (Zhang et al., ACL 2020) with speech for text, as in Table 2 of VGCL."""

from torch import nn

from stages.common.params import Params
from stages.networks.audio import AudioEncoder, FirstEncoder
from stages.networks.text import WordProjection
from stages.systems.vslnet.objective import SpanAndHighlight
from stages.systems.vslnet.vsl import Vsl


def objective(params: Params) -> SpanAndHighlight:
    """What VSLBase and VSLNet learn."""
    return SpanAndHighlight(params.networks.vsl)


def build(params: Params, video_features: int, query: str, dims: int, highlight: bool = False) -> nn.Module:
    """VSL; VSLNet is VSLBase that also highlights."""
    own, speech = params.networks.vsl, params.networks.speech
    encoder: nn.Module
    if query == "speech":
        encoder = AudioEncoder(FirstEncoder(dims, speech), own.hidden, speech, own.dropout)
    else:
        encoder = WordProjection(dims, own.hidden, own.dropout)
    return Vsl(own, video_features, encoder, highlight)
