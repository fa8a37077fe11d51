"""VSLNet (Zhang et al., ACL 2020) with speech for text, as in Table 2 of VGCL."""

from torch import nn

from stages.common.params import Params
from stages.systems.vslnet import build_vslbase
from stages.systems.vslnet.build_vslbase import objective

__all__ = ["build", "objective"]


def build(params: Params, video_features: int, query: str, dims: int) -> nn.Module:
    """VSLBase with query-guided highlighting."""
    return build_vslbase.build(params, video_features, query, dims, highlight=True)
