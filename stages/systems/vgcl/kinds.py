"""The network of each kind of pretraining."""

from torch import nn

from stages.common.params import Params
from stages.systems.vgcl.aligned import Aligned
from stages.systems.vgcl.pretraining import Cpc, Vgcl, VqCpc

KINDS = ("cpc", "vqcpc", "vgcl", "aligned")


def network_of(params: Params, kind: str, bands: int, video_features: int) -> nn.Module:
    """A fresh one, for spectrograms of `bands` and videos of `video_features`."""
    speech, own = params.networks.speech, params.pretrain
    if kind == "cpc":
        return Cpc(bands, speech, own)
    if kind == "vqcpc":
        return VqCpc(bands, speech, own)
    if kind == "aligned":
        return Aligned(bands, speech, video_features, own)
    return Vgcl(bands, speech, video_features, own, params.curriculum)
