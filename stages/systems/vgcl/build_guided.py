"""The network of VGCL §4 behind VGCL's first encoder, which looks at the whole video: the row `vgcl`."""

from torch import nn

from stages.common.params import Params
from stages.networks.audio import AudioEncoder
from stages.systems.vgcl.base import Base
from stages.systems.vgcl.guided import GuidedEncoder
from stages.systems.vgcl.objective import BoundaryAndInside


def objective(params: Params) -> BoundaryAndInside:
    """As of `base`."""
    return BoundaryAndInside(params.networks.base)


def build(params: Params, video_features: int, query: str, dims: int) -> nn.Module:
    """Base that listens to speech through the guided encoder; it takes no written queries."""
    assert query == "speech", "params.yaml pairs this network with speech"
    own, speech = params.networks.base, params.networks.speech
    first = GuidedEncoder(dims, speech, video_features, params.networks.guide)
    return Base(own, video_features, AudioEncoder(first, own.hidden, speech, own.dropout))
