"""The network of VGCL §4: speech or text, and a video, to the scores of a moment."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.params.networks import BaseNetwork
from stages.networks import chunks
from stages.networks.attention import ContextQueryAttention
from stages.networks.heads import PredictionHeads
from stages.networks.interface import Inputs, Seen, asked, seen_by
from stages.networks.self_attention import SelfAttention
from stages.networks.video import VideoEncoder
from stages.systems.vgcl.objective import InsideScores


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

    @property
    def first_encoder(self) -> nn.Module:
        """What pretraining teaches, where the query is speech."""
        return self.query.get_submodule("first")

    def forward(self, inputs: Inputs) -> InsideScores:
        fused, mask = self._fused(inputs, self.see(inputs))
        start, end, inside = (chunks.join(x, self.params.chunks) for x in self.heads(fused, mask))
        return InsideScores(start, end, inputs.per_query(inputs.video_mask), inside=inside)

    def see(self, inputs: Inputs) -> Seen:
        """The frames of each video after self-attention; and what a guided speech encoder sees, if any."""
        count = self.params.chunks
        video = chunks.split(self.video(inputs.video, inputs.video_mask, inputs.video_of), count)
        video_mask = chunks.repeat(inputs.video_mask, count)
        for layer in self.self_attention:
            video = layer(video, video_mask)
        return Seen(video.unflatten(0, (-1, count)), seen_by(self.query, inputs))

    def ask(self, inputs: Inputs, seen: Seen) -> InsideScores:
        """Start and end alone: which frames lie inside is for the loss."""
        fused, mask = self._fused(inputs, seen)
        start, end = (chunks.join(x, self.params.chunks) for x in self.heads.edges(fused, mask))
        return InsideScores(start, end, inputs.per_query(inputs.video_mask))

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
