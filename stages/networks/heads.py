"""The prediction layer of VGCL §4.4: start, then end, and the frames inside."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.gru import GRUs


class ScoreHead(nn.Module):
    """FFN([F; V_a]) of eq. 4-5: one score per frame."""

    def __init__(self, inputs: int, hidden: int, bias: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, hidden)
        # A softmax over the frames, which follows most scores, does not see a bias.
        self.score = nn.Linear(hidden, 1, bias)

    def forward(
        self, features: Float[Tensor, "batch frames hidden"], fused: Float[Tensor, "batch frames hidden"]
    ) -> Float[Tensor, "batch frames"]:
        x = torch.relu(self.layer(torch.cat([features, fused], -1)))
        # In bf16 scores would be rounded to 8 bits, and near-best frames would tie.
        with torch.autocast(x.device.type, enabled=False):
            return self.score(x.to(self.score.weight.dtype)).squeeze(-1)


class PredictionHeads(nn.Module):
    """Three unidirectional GRUs, the end's on top of the start's (eq. 3), and their scores."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.start_and_inside = GRUs(hidden, hidden, ("forward", "forward"))
        self.end = GRUs(hidden, hidden)
        self.score_start, self.score_end = (ScoreHead(2 * hidden, hidden) for _ in range(2))
        self.score_inside = ScoreHead(2 * hidden, hidden, bias=True)

    def forward(
        self, fused: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """P_s, P_e and P_i before softmax and sigmoid, each [batch, frames]."""
        start, inside = self.start_and_inside(fused, mask)
        (end,) = self.end(start, mask)
        return self.score_start(start, fused), self.score_end(end, fused), self.score_inside(inside, fused)

    def edges(
        self, fused: Float[Tensor, "batch frames hidden"], mask: Bool[Tensor, "batch frames"]
    ) -> tuple[Tensor, Tensor]:
        """P_s and P_e alone, but for the last digits the same: the GRU of P_i is left out."""
        (start,) = self.start_and_inside(fused, mask, first=1)
        (end,) = self.end(start, mask)
        return self.score_start(start, fused), self.score_end(end, fused)
