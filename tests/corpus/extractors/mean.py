"""A stand-in for a network that describes videos."""

import torch
from torch import nn

from stages.corpus.extractors.network import Looks, Network


class Mean(nn.Module):
    """A network that sees the mean colour of a clip."""

    def __init__(self):
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))

    def forward(self, clips):
        return clips.float().mean(dim=(1, 2, 3)) + self.zero


def mean_colour(stride=10):
    return Network("mean", 3, Mean(), Looks(10, 10, stride, 8, 8, "BILINEAR"), "abc")
