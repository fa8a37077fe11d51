"""The audio encoder of VGCL §4.3: log-mels in, query tokens out."""

import math

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.params.networks import SpeechEncoder
from stages.networks.conv import Conv, ConvBlock
from stages.networks.gru import GRUs
from stages.networks.interface import Inputs, Seen, asked, only, seen_by
from stages.networks.masks import lengths, zero_padding
from stages.networks.norm import FrameNorm


def normalised(
    mels: Float[Tensor, "batch frames bands"], mask: Bool[Tensor, "batch frames"]
) -> Float[Tensor, "batch frames bands"]:
    """Each band with mean 0 and deviation 1 over the utterance's real frames."""
    count = lengths(mask).clamp(min=1)[:, None, None]
    centred = zero_padding(mels - zero_padding(mels, mask).sum(1, keepdim=True) / count, mask)
    deviation = (centred.square().sum(1, keepdim=True) / count).sqrt()
    # A band that never changes (deviation 0) stays 0.
    return centred / deviation.clamp(min=1e-4)


class FirstEncoder(nn.Module):
    """Two convolution blocks and a GRU: the part that CPC and VGCL pretrain, under their names.

    `latents` is their g_enc, `contexts` their c; VGCL puts the video between the two (eq. 8). Latents are
    what a ReLU leaves, or of both signs behind a projection: VGCL's code has (LayerNorm, ReLU, Linear) × 3.
    """

    def __init__(self, bands: int, params: SpeechEncoder) -> None:
        super().__init__()
        self.normalise = params.normalise == "utterance"
        first, second = params.strides
        self.blocks = nn.ModuleList(
            [
                ConvBlock(bands, params.width, _kernel(first), first),
                ConvBlock(params.width, params.width, _kernel(second), second),
            ]
        )
        self.projection = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(params.width), nn.ReLU(), nn.Linear(params.width, params.width))
            for _ in range(params.projection)
        )
        self.gru = GRUs(params.width, params.width)

    def latents(
        self, mels: Float[Tensor, "batch frames bands"], mask: Bool[Tensor, "batch frames"]
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """z: what each stretch of the spectrogram holds."""
        x = normalised(mels, mask) if self.normalise else zero_padding(mels, mask)
        for block in self.blocks:
            x, mask = block(x, mask)
        for layer in self.projection:
            x = zero_padding(layer(x), mask)
        return x, mask

    def contexts(
        self, latents: Float[Tensor, "batch steps width"], mask: Bool[Tensor, "batch steps"]
    ) -> Float[Tensor, "batch steps width"]:
        """c: the context of the speech up to each step."""
        return zero_padding(self.gru(latents, mask)[0], mask)

    def forward(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        latents, mask = self.latents(inputs.query, inputs.query_mask)
        return self.contexts(latents, mask), mask

    def take(self, weights: dict[str, Tensor]) -> None:
        """Load what a pretraining network has learned in its `encoder`."""
        self.load_state_dict(only(weights, "encoder."))


class ResidualBlock(nn.Module):
    """Two convolutions around which the input is added: the block of He et al. 2016.

    VGCL §4.3 cites Harwath et al. for its residual blocks.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = ConvBlock(inputs, outputs, max(3, 2 * stride - 1), stride)
        self.second = Conv(outputs, outputs, 3)
        self.stride = stride
        self.shortcut = None if inputs == outputs else nn.Linear(inputs, outputs)
        self.norm = FrameNorm(outputs)

    def forward(
        self, x: Float[Tensor, "batch frames inputs"], mask: Bool[Tensor, "batch frames"]
    ) -> tuple[Float[Tensor, "batch steps outputs"], Bool[Tensor, "batch steps"]]:
        around = x[:, :: self.stride]
        if self.shortcut is not None:
            around = self.shortcut(around)
        through, steps = self.second(*self.first(x, mask))
        return F.relu(self.norm(around + through, steps), inplace=True), steps


class AudioEncoder(nn.Module):
    """The first encoder, then two residual blocks that shorten and widen its output to the tokens."""

    def __init__(self, first: nn.Module, hidden: int, params: SpeechEncoder, dropout: float) -> None:
        super().__init__()
        self.first = first
        one, two = params.residual_strides
        # Widened step by step, as in ResNet: 256 → 512 → 1024.
        middle = round(math.sqrt(params.width * hidden))
        self.residual = nn.ModuleList(
            [ResidualBlock(params.width, middle, one), ResidualBlock(middle, hidden, two)]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch tokens hidden"], Bool[Tensor, "batch tokens"]]:
        return self._tokens(*self.first(inputs))

    def see(self, inputs: Inputs) -> Seen | None:
        """What the first encoder makes of the videos, if it looks at them."""
        return seen_by(self.first, inputs)

    def ask(
        self, inputs: Inputs, seen: Seen
    ) -> tuple[Float[Tensor, "batch tokens hidden"], Bool[Tensor, "batch tokens"]]:
        """The tokens of the speech, given videos that have been seen."""
        return self._tokens(*asked(self.first, inputs, seen))

    def _tokens(
        self, x: Float[Tensor, "batch steps width"], mask: Bool[Tensor, "batch steps"]
    ) -> tuple[Float[Tensor, "batch tokens hidden"], Bool[Tensor, "batch tokens"]]:
        for block in self.residual:
            x, mask = block(x, mask)
        return self.dropout(x), mask


def _kernel(stride: int) -> int:
    # Windows that overlap by half, as in the reference's g_enc: kernel 4 at stride 2.
    return max(3, 2 * stride)
