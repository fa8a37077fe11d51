"""VSLBase and VSLNet (Zhang et al., ACL 2020) for spoken and written queries."""

from torch import nn

from stages.common.params.networks import VslNetwork
from stages.networks.attention import ContextQueryAttention
from stages.networks.heads import ScoreHead
from stages.networks.interface import Inputs, Seen, asked, seen_by
from stages.networks.masks import zero_padding
from stages.systems.vslnet.highlight import Highlight
from stages.systems.vslnet.objective import HighlightScores
from stages.systems.vslnet.vsl_encoder import FeatureEncoder


class Vsl(nn.Module):
    """One encoder for both sides, CQA, and a start and an end LSTM; VSLNet highlights in between."""

    def __init__(
        self, params: VslNetwork, video_features: int, query: nn.Module, with_highlight: bool
    ) -> None:
        super().__init__()
        self.params = params
        hidden, dropout = params.hidden, params.dropout
        self.query = query
        self.project = nn.Linear(video_features, hidden)
        self.dropout = nn.Dropout(dropout)
        self.encoder = FeatureEncoder(hidden, params.heads, params.longest, dropout)
        self.attention = ContextQueryAttention(hidden, "trilinear", dropout)
        self.highlight = Highlight(hidden) if with_highlight else None
        self.start, self.end = (nn.LSTM(hidden, hidden, batch_first=True) for _ in range(2))
        self.score_start, self.score_end = (ScoreHead(2 * hidden, hidden) for _ in range(2))

    @property
    def first_encoder(self) -> nn.Module:
        """What pretraining teaches, where the query is speech."""
        return self.query.get_submodule("first")

    def forward(self, inputs: Inputs) -> HighlightScores:
        return self.ask(inputs, self.see(inputs))

    def see(self, inputs: Inputs) -> Seen:
        """The encoded frames of each video."""
        video = self.project(self.dropout(zero_padding(inputs.video, inputs.video_mask)))
        return Seen(self.encoder(video, inputs.video_mask), seen_by(self.query, inputs))

    def ask(self, inputs: Inputs, seen: Seen) -> HighlightScores:
        """The scores, the highlight among them: the edges depend on it."""
        video, mask = inputs.per_query(seen.frames), inputs.per_query(inputs.video_mask)
        query, query_mask = asked(self.query, inputs, seen.within)
        query = self.encoder(query, query_mask)
        x = self.attention(video, mask, query, query_mask)
        highlight = None
        if self.highlight is not None:
            x, highlight = self.highlight(x, query, query_mask)
        start, _ = self.start(x)
        end, _ = self.end(start)
        return HighlightScores(
            self.score_start(start, x)[:, None], self.score_end(end, x)[:, None], mask, highlight=highlight
        )
