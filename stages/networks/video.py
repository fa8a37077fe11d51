"""The video encoder of VGCL §4.3: features in, V out."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.networks.conv import Conv
from stages.networks.gru import GRUs
from stages.networks.masks import zero_padding
from stages.networks.norm import FrameNorm


def positions(frames: int, hidden: int, device: torch.device) -> Float[Tensor, "frames hidden"]:
    """Sines and cosines of each frame's place (Vaswani et al. 2017)."""
    place = torch.arange(frames, device=device)[:, None]
    rate = torch.exp(torch.arange(0, hidden, 2, device=device) * (-math.log(10_000.0) / hidden))
    return torch.stack([(place * rate).sin(), (place * rate).cos()], -1).flatten(1)[:, :hidden]


class VideoEncoder(nn.Module):
    """A convolution and a bidirectional GRU: V [Nv, d]."""

    def __init__(self, inputs: int, hidden: int, dropout: float, with_positions: bool) -> None:
        super().__init__()
        self.conv, self.norm = Conv(inputs, hidden, kernel=3), FrameNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.gru = GRUs(hidden, hidden // 2, ("forward", "backward"))
        self.with_positions = with_positions

    def forward(
        self,
        video: Float[Tensor, "videos frames features"],
        mask: Bool[Tensor, "videos frames"],
        video_of: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "videos frames hidden"]:
        """Encode each video once; `video_of` is the video of each query."""
        x, _ = self.conv(zero_padding(video, mask), mask)
        x = F.relu(self.norm(x, mask, video_of))
        x = torch.cat(self.gru(x, mask), -1)
        if self.with_positions:
            x = x + positions(x.shape[1], x.shape[2], x.device).to(x.dtype)
        return zero_padding(self.dropout(x), mask)
