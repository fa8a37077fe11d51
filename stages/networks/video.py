"""The video encoder of 001 §4.3: features in, V out."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.conv import ConvBlock
from stages.networks.gru import GRUs
from stages.networks.masks import zero_padding


def positions(frames: int, hidden: int, device: torch.device) -> Float[Tensor, "frames hidden"]:
    """Sines and cosines of each frame's place (Vaswani et al. 2017)."""
    place = torch.arange(frames, device=device)[:, None]
    rate = torch.exp(torch.arange(0, hidden, 2, device=device) * (-math.log(10_000.0) / hidden))
    return torch.stack([(place * rate).sin(), (place * rate).cos()], -1).flatten(1)[:, :hidden]


class VideoEncoder(nn.Module):
    """A convolution and a bidirectional GRU: V [Nv, d]."""

    def __init__(self, inputs: int, hidden: int, dropout: float, with_positions: bool) -> None:
        super().__init__()
        self.conv = ConvBlock(inputs, hidden, kernel=3)
        self.dropout = nn.Dropout(dropout)
        self.gru = GRUs(hidden, hidden // 2, ("forward", "backward"))
        self.with_positions = with_positions

    def forward(
        self, video: Float[Tensor, "batch frames features"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        x, _ = self.conv(zero_padding(video, mask), mask)
        x = torch.cat(self.gru(x, mask), -1)
        if self.with_positions:
            x = x + positions(x.shape[1], x.shape[2], x.device).to(x.dtype)
        return zero_padding(self.dropout(x), mask)
