"""Context-query attention (VGCL §4.4, eq. 1-2): every video frame meets every query token."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.additive import additive_scores
from stages.networks.masks import masked_softmax

Similarity = Literal["additive", "trilinear", "dot"]


class Additive(nn.Module):
    """S_ij = w · tanh(W_1 v_i + W_2 a_j), as in VGCL's code."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.video, self.query = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden, bias=False)
        self.weight = nn.Parameter(torch.randn(hidden) / math.sqrt(hidden))

    def forward(
        self, video: Float[Tensor, "rows frames hidden"], query: Float[Tensor, "rows tokens hidden"]
    ) -> Float[Tensor, "rows frames tokens"]:
        return additive_scores(self.video(video), self.query(query), self.weight)


class Trilinear(nn.Module):
    """S_ij = w · [v_i; a_j; v_i ⊙ a_j], as in VSLNet, where the module comes from."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.video, self.query, self.both = (
            nn.Parameter(torch.randn(hidden) / math.sqrt(hidden)) for _ in range(3)
        )

    def forward(
        self, video: Float[Tensor, "rows frames hidden"], query: Float[Tensor, "rows tokens hidden"]
    ) -> Float[Tensor, "rows frames tokens"]:
        product = (video * self.both.to(video.dtype)) @ query.transpose(1, 2)
        return product + (video @ self.video)[:, :, None] + (query @ self.query)[:, None, :]


class ScaledDot(nn.Module):
    """S_ij = (W_1 v_i) · (W_2 a_j) / √d."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.video, self.query = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)

    def forward(
        self, video: Float[Tensor, "rows frames hidden"], query: Float[Tensor, "rows tokens hidden"]
    ) -> Float[Tensor, "rows frames tokens"]:
        return self.video(video) @ self.query(query).transpose(1, 2) / math.sqrt(video.shape[-1])


SIMILARITIES: dict[Similarity, type[nn.Module]] = {
    "additive": Additive,
    "trilinear": Trilinear,
    "dot": ScaledDot,
}


class ContextQueryAttention(nn.Module):
    """V_a = FFN([V; β1; V ⊙ β1; V ⊙ β2]) with β1 = S_r A and β2 = S_r S_cᵀ V."""

    def __init__(self, hidden: int, similarity: Similarity, dropout: float = 0.0) -> None:
        super().__init__()
        self.similarity = SIMILARITIES[similarity](hidden)
        self.dropout = nn.Dropout(dropout)
        self.fuse = nn.Linear(4 * hidden, hidden)

    def forward(
        self,
        video: Float[Tensor, "rows frames hidden"],
        video_mask: Bool[Tensor, "rows frames"],
        query: Float[Tensor, "rows tokens hidden"],
        query_mask: Bool[Tensor, "rows tokens"],
    ) -> Float[Tensor, "rows frames hidden"]:
        """The video frames, each with what the query says of it."""
        scores = self.similarity(self.dropout(video), self.dropout(query))
        by_token = masked_softmax(scores, query_mask[:, None, :], 2).to(video.dtype)
        by_frame = masked_softmax(scores, video_mask[:, :, None], 1).to(video.dtype)
        to_query = by_token @ query
        to_video = by_token @ (by_frame.transpose(1, 2) @ video)
        return self.fuse(torch.cat([video, to_query, video * to_query, video * to_video], -1))
