"""The network of 001 §4: speech or text, and a video, to the scores of a moment."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.params.networks import BaseNetwork
from stages.networks import chunks
from stages.networks.attention import ContextQueryAttention
from stages.networks.heads import PredictionHeads
from stages.networks.interface import Inputs, Scores, Seen, asked, seen_by
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
        fused, mask = self._fused(inputs, self.see(inputs))
        start, end, inside = (chunks.join(x, self.params.chunks) for x in self.heads(fused, mask))
        return Scores(start, end, inputs.per_query(inputs.video_mask), inside=inside)

    def see(self, inputs: Inputs) -> Seen:
        """The frames of each video, which know of one another; and what the ear looks at, if it looks."""
        count = self.params.chunks
        video = chunks.split(self.video(inputs.video, inputs.video_mask, inputs.video_of), count)
        video_mask = chunks.repeat(inputs.video_mask, count)
        for layer in self.self_attention:
            video = layer(video, video_mask)
        return Seen(video.unflatten(0, (-1, count)), seen_by(self.query, inputs))

    def ask(self, inputs: Inputs, seen: Seen) -> Scores:
        """Start and end alone: which frames lie inside is for the loss."""
        fused, mask = self._fused(inputs, seen)
        start, end = (chunks.join(x, self.params.chunks) for x in self.heads.edges(fused, mask))
        return Scores(start, end, inputs.per_query(inputs.video_mask))

    def _fused(
        self, inputs: Inputs, seen: Seen
    ) -> tuple[Float[Tensor, "rows frames chunk"], Bool[Tensor, "rows frames"]]:
        """What the query says of each frame, a row per query and chunk; and which frames are real."""
        count = self.params.chunks
        video = inputs.per_query(seen.frames).flatten(0, 1)
        mask = chunks.repeat(inputs.per_query(inputs.video_mask), count)
        query, query_mask = asked(self.query, inputs, seen.within)
        query, query_mask = chunks.split(query, count), chunks.repeat(query_mask, count)
        return self.attention(video, mask, query, query_mask), mask

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
