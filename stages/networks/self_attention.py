"""Self-attention over the frames of a sequence."""

import math

from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.masks import masked_softmax, zero_padding


class MultiHead(nn.Module):
    """Scaled dot-product attention of every frame to every real frame, in several heads."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(hidden, 3 * hidden)

    def forward(
        self, x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        query, key, value = self.project(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        # Written out: torch's fused kernel takes five times as long on a CPU in bf16, and gives NaN
        # where all is padding.
        scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(2, 3)
        weights = masked_softmax(scores, mask[:, None, None, :], 3)
        return (weights @ value).transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    """V = SelfAtt(V) of VGCL §4.4: every frame sees the whole video, then a feed-forward layer."""

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.attend = MultiHead(hidden, heads)
        self.out = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, 4 * hidden),
            nn.ReLU(inplace=True),
            nn.Linear(4 * hidden, hidden),
            nn.Dropout(dropout),
        )

    def forward(
        self, x: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames hidden"]:
        x = x + self.dropout(self.out(self.attend(self.norm(x), mask)))
        return zero_padding(x + self.feed_forward(x), mask)
