"""The feature encoder of VSLNet (Zhang et al., ACL 2020, §3.2), after QANet's."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.errors import UserError
from stages.networks.conv import Conv
from stages.networks.masks import zero_padding
from stages.networks.self_attention import MultiHead


class SeparableConv(nn.Module):
    """Norm, a depthwise and a pointwise convolution, ReLU, with the input added."""

    def __init__(self, hidden: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.depthwise = Conv(hidden, hidden, kernel, groups=hidden)
        self.pointwise = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        y, _ = self.depthwise(zero_padding(self.norm(x), mask), mask)
        return x + self.dropout(torch.relu(self.pointwise(y)))


class AttentionBlock(nn.Module):
    """Self-attention, then a linear layer, each after a norm and with its input added."""

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(2))
        self.attend = MultiHead(hidden, heads)
        self.out = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        x = x + self.dropout(self.attend(self.dropout(self.norms[0](x)), mask))
        return x + self.dropout(self.out(self.dropout(self.norms[1](x))))


class FeatureEncoder(nn.Module):
    """Learned positions, four convolutions of kernel 7, one attention: shared by video and query."""

    def __init__(self, hidden: int, heads: int, longest: int, dropout: float) -> None:
        super().__init__()
        self.positions = nn.Embedding(longest, hidden)
        self.convolutions = nn.ModuleList(SeparableConv(hidden, 7, dropout) for _ in range(4))
        self.attention = AttentionBlock(hidden, heads, dropout)

    def forward(
        self, x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        if x.shape[1] > self.positions.num_embeddings:
            raise UserError(
                f"a video or query of {x.shape[1]} steps, but networks.vsl.longest is "
                f"{self.positions.num_embeddings}; raise it"
            )
        x = x + self.positions.weight[: x.shape[1]].to(x.dtype)
        for convolution in self.convolutions:
            x = convolution(x, mask)
        return zero_padding(self.attention(x, mask), mask)
