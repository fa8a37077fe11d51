"""EfficientNet-lite0 (Tan and Le, ICML 2019; the lite form has ReLU6 and no squeeze-and-excitation).

It was trained on ImageNet's photographs, and is fast on a CPU: 0.4 GFLOP a picture. A row is what stands
before its classes: 1,280 numbers.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 1280
CLASSES = 1000
SIDE = 224
# ImageNet's, of colours from 0 to 1.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_STEM = 32
# Each stage: blocks, their kernel, the stride of the first one, how much they widen inside, channels.
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip


class Unit(nn.Module):
    """A convolution with its batch norm folded in; padded as TensorFlow does, where the weights are from."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups)
        self.kernel, self.stride, self.act = kernel, stride, act

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        # What is one too many lies behind, not before.
        total = max(self.kernel - self.stride, 0) if x.shape[-1] % self.stride == 0 else self.kernel - 1
        before = total // 2
        x = functional.pad(x, (before, total - before, before, total - before)) if total else x
        x = self.conv(x)
        return functional.relu6(x) if self.act else x


class Block(nn.Module):
    """Widened, filtered channel by channel, narrowed; beside a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, widened: int):
        super().__init__()
        inner = inputs * widened
        self.expand = Unit(inputs, inner, 1) if widened > 1 else None
        self.depthwise = Unit(inner, inner, kernel, stride, groups=inner)
        self.project = Unit(inner, outputs, 1, act=False)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        inner = x if self.expand is None else self.expand(x)
        out = self.project(self.depthwise(inner))
        return x + out if self.shortcut else out


class EfficientNet(nn.Module):
    """Single pictures as 1,280 numbers; `classes` gives what ImageNet's classes are told from."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = Unit(3, _STEM, 3, 2)
        blocks, inputs = [], _STEM
        for count, kernel, stride, widened, outputs in STAGES:
            for number in range(count):
                blocks.append(Block(inputs, outputs, kernel, stride if number == 0 else 1, widened))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = Unit(inputs, WIDTH, 1)
        self.classes = nn.Linear(WIDTH, CLASSES)
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(3, 1, 1) * 255, persistent=False)

    def forward(self, clips: UInt8[Tensor, "b 1 h w 3"]) -> Float[Tensor, "b 1280"]:
        # Channels lie last in pictures, and convolutions are faster so.
        pictures = clips[:, 0].permute(0, 3, 1, 2).float()
        x = (pictures - self.mean) / self.deviation
        return self.head(self.blocks(self.stem(x))).mean((2, 3))
