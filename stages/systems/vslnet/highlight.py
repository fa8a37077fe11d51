"""Query-guided highlighting: what VSLNet adds to VSLBase (Zhang et al., ACL 2020, §3.3)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.masks import masked_softmax


class Highlight(nn.Module):
    """How likely each frame lies in or near the moment; unlikely frames are dimmed."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.pool = nn.Parameter(torch.randn(hidden) / math.sqrt(hidden))
        self.join = nn.Linear(2 * hidden, hidden)
        self.score = nn.Linear(hidden, 1)

    def forward(
        self,
        fused: Float[Tensor, "batch frames hidden"],
        query: Float[Tensor, "batch tokens hidden"],
        query_mask: Bool[Tensor, "batch tokens"],
    ) -> tuple[Float[Tensor, "batch frames hidden"], Float[Tensor, "batch frames"]]:
        """The dimmed frames, and the scores before the sigmoid."""
        weight = masked_softmax(query @ self.pool, query_mask, 1)
        sentence = (weight.unsqueeze(1).to(query.dtype) @ query).expand(-1, fused.shape[1], -1)
        joined = self.join(torch.cat([fused, sentence], -1))
        with torch.autocast(joined.device.type, enabled=False):
            scores = self.score(joined.to(self.score.weight.dtype)).squeeze(-1)
        return joined * torch.sigmoid(scores).to(joined.dtype).unsqueeze(-1), scores
