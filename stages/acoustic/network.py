"""DeepSpeech's network: three dense layers over a frame and its neighbours, an LSTM, two more layers."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.acoustic.alphabet import BLANK
from stages.acoustic.mfcc import CONTEXT, FEATURES
from stages.training.learner import Learner

# Where the ReLUs end.
CLIP = 20.0
NEIGHBOURS = 2 * CONTEXT + 1


class AcousticNetwork(Learner):
    """From coefficients to how likely each character is in each frame."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Linear(NEIGHBOURS * FEATURES, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.third = nn.Linear(hidden, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.fifth = nn.Linear(hidden, hidden)
        self.classes = nn.Linear(hidden, BLANK + 1)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))

    def fit_scaling(self, frames: Float[Tensor, "frames features"]) -> None:
        """Give each coefficient of the training speech mean 0 and deviation 1."""
        self.mean, self.deviation = frames.mean(dim=0), frames.std(dim=0) + 1e-3

    def forward(self, mfcc: Float[Tensor, "batch frames features"]) -> Float[Tensor, "batch frames classes"]:
        """Logits. Before the first frame and behind the last stand zeros, as in the library."""
        padded = nn.functional.pad(mfcc, (0, 0, CONTEXT, CONTEXT))
        scaled = (padded - self.mean) / self.deviation
        x = scaled.unfold(1, NEIGHBOURS, 1).transpose(2, 3).flatten(2)
        for layer in (self.first, self.second, self.third):
            x = self._clipped(layer(x))
        x = self._clipped(self.fifth(self.lstm(x)[0]))
        return self.classes(x)

    def _clipped(self, x: Float[Tensor, "*_"]) -> Float[Tensor, "*_"]:
        return self.dropout(x.clamp(0, CLIP))
