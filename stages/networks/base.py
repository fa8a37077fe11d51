"""The network of 001 §4: speech or text, and a video, to the scores of a moment."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.common.params.networks import BaseNetwork
from stages.networks import chunks
from stages.networks.attention import ContextQueryAttention
from stages.networks.heads import PredictionHeads
from stages.networks.interface import Inputs, Scores
from stages.networks.losses import bell, cross_entropy, inside_loss, one_hot
from stages.networks.masks import lengths
from stages.networks.moments import on_grid
from stages.networks.self_attention import SelfAttention
from stages.networks.video import VideoEncoder


class Base(nn.Module):
    """Encoders at full width; then one network for all chunks: self-attention, CQA, heads."""

    def __init__(self, params: BaseNetwork, video_features: int, query: nn.Module) -> None:
        super().__init__()
        self.params = params
        hidden, dropout = params.hidden // params.chunks, params.dropout
        self.query = query
        self.video = VideoEncoder(video_features, params.hidden, dropout, params.positions)
        self.self_attention = nn.ModuleList(
            SelfAttention(hidden, params.heads, dropout) for _ in range(params.layers)
        )
        self.attention = ContextQueryAttention(hidden, params.similarity)
        self.heads = PredictionHeads(hidden)

    def forward(self, inputs: Inputs) -> Scores:
        count = self.params.chunks
        video = chunks.split(self.video(inputs.video, inputs.video_mask, inputs.video_of), count)
        video_mask = chunks.repeat(inputs.video_mask, count)
        for layer in self.self_attention:
            video = layer(video, video_mask)
        video = inputs.per_query(video.unflatten(0, (-1, count))).flatten(0, 1)
        mask = inputs.per_query(inputs.video_mask)
        video_mask = chunks.repeat(mask, count)
        query, query_mask = self.query(inputs)
        fused = self.attention(
            video, video_mask, chunks.split(query, count), chunks.repeat(query_mask, count)
        )
        start, end, inside = (chunks.join(scores, count) for scores in self.heads(fused, video_mask))
        return Scores(start, end, mask, inside=inside)

    def loss(
        self, scores: Scores, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]
    ) -> dict[str, Tensor]:
        """L_total = L_bound + w · L_in."""
        mask = scores.video_mask
        moments = on_grid(start, end, mask)
        if self.params.labels == "hard":
            labels = one_hot(moments.first, mask), one_hot(moments.last, mask)
        else:
            count = lengths(mask)
            deviation = torch.sqrt(1 + (end - start).clamp(min=0))
            labels = bell(start * count, deviation, mask), bell(end * count - 1, deviation, mask)
        boundary = 0.5 * (
            cross_entropy(scores.start, labels[0], mask) + cross_entropy(scores.end, labels[1], mask)
        )
        assert scores.inside is not None
        inside = inside_loss(scores.inside, moments, mask)
        return {
            "total": boundary + self.params.inside_weight * inside,
            "boundary": boundary,
            "inside": inside,
        }
