"""The encoder of written queries: word vectors in, query tokens out."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.gru import GRUs
from stages.networks.interface import Inputs
from stages.networks.masks import zero_padding


class TextEncoder(nn.Module):
    """A linear layer and a bidirectional GRU. The paper names GloVe and no encoder: this is its video's."""

    def __init__(self, dims: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(dims, hidden)
        self.dropout = nn.Dropout(dropout)
        self.gru = GRUs(hidden, hidden // 2, ("forward", "backward"))

    def forward(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch words hidden"], Bool[Tensor, "batch words"]]:
        mask = inputs.query_mask
        x = torch.relu(self.project(inputs.query))
        return zero_padding(self.dropout(torch.cat(self.gru(x, mask), -1)), mask), mask


class WordProjection(nn.Module):
    """A linear layer: VSLNet's own way to take word vectors, before its shared encoder."""

    def __init__(self, dims: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(dims, hidden)

    def forward(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch words hidden"], Bool[Tensor, "batch words"]]:
        mask = inputs.query_mask
        return zero_padding(self.project(self.dropout(inputs.query)), mask), mask
