"""I3D (Carreira and Zisserman, CVPR 2017): Inception-v1 (Szegedy et al., CVPR 2015) with filters in time too.

Stages and branches bear the names of the published weights. Each batch normalisation is folded into the
convolution before it (`i3d_weights`), so a unit is a convolution, its bias and a ReLU.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

WIDTH, CLASSES = 1024, 400
# Of an inception stage: 1x1 alone; 1x1 before 3x3, twice; 1x1 behind pooling.
BRANCHES = (
    "Branch_0/Conv3d_0a_1x1",
    "Branch_1/Conv3d_0a_1x1", "Branch_1/Conv3d_0b_3x3",
    "Branch_2/Conv3d_0a_1x1", "Branch_2/Conv3d_0b_3x3",
    "Branch_3/Conv3d_0b_1x1",
)  # fmt: skip
# Table 1 of the Inception paper.
INCEPTIONS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
# Pooling before a stage: windows and strides. Time is not made coarser early on (figure 3 of the I3D paper).
POOLS = {
    "Conv3d_2b_1x1": ((1, 3, 3), (1, 2, 2)),
    "Mixed_3b": ((1, 3, 3), (1, 2, 2)),
    "Mixed_4b": ((3, 3, 3), (2, 2, 2)),
    "Mixed_5b": ((2, 2, 2), (2, 2, 2)),
}


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, so that the output has ceil(size / stride) places; an odd one goes after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def pad_same(
    x: Float[Tensor, "b c t h w"], kernel: Sequence[int], stride: Sequence[int]
) -> Float[Tensor, "b c t2 h2 w2"]:
    """Pad time, height and width. Zeros serve pooling too: behind a ReLU nothing is less."""
    sides = [same_padding(*axis) for axis in zip(x.shape[2:], kernel, stride, strict=True)]
    # The last axis comes first.
    return functional.pad(x, [amount for side in reversed(sides) for amount in side])


def pool(
    x: Float[Tensor, "b c t h w"], kernel: Sequence[int], stride: Sequence[int]
) -> Float[Tensor, "b c t2 h2 w2"]:
    """The largest of each window."""
    return functional.max_pool3d(pad_same(x, kernel, stride), tuple(kernel), tuple(stride))


class Unit(nn.Conv3d):
    """A convolution and a ReLU; the kernel is as long in time as it is wide."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1):
        super().__init__(inputs, outputs, kernel, stride)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c2 t2 h2 w2"]:
        return functional.relu(super().forward(pad_same(x, self.kernel_size, self.stride)))


class Inception(nn.ModuleDict):
    """Four ways of looking at the same place, side by side."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int, int, int]):
        alone, narrow, wide, narrow2, wide2, pooled = widths
        units = (
            Unit(inputs, alone, 1),
            Unit(inputs, narrow, 1), Unit(narrow, wide, 3),
            Unit(inputs, narrow2, 1), Unit(narrow2, wide2, 3),
            Unit(inputs, pooled, 1),
        )  # fmt: skip
        super().__init__(dict(zip(BRANCHES, units, strict=True)))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c2 t h w"]:
        alone, narrow, wide, narrow2, wide2, pooled = self.values()
        seen = [alone(x), wide(narrow(x)), wide2(narrow2(x)), pooled(pool(x, (3, 3, 3), (1, 1, 1)))]
        return torch.cat(seen, dim=1)


class I3D(nn.Module):
    """Clips of at least 9 pictures, 224 pixels wide and high, as 1,024 numbers each."""

    def __init__(self, classified: bool = True) -> None:
        super().__init__()
        self.stages = nn.ModuleDict(
            {
                "Conv3d_1a_7x7": Unit(3, 64, 7, 2),
                "Conv3d_2b_1x1": Unit(64, 64, 1),
                "Conv3d_2c_3x3": Unit(64, 192, 3),
            }
        )
        width = 192
        for name, widths in INCEPTIONS.items():
            self.stages[name] = Inception(width, widths)
            width = widths[0] + widths[2] + widths[4] + widths[5]
        # What each class says of the features; nothing else here asks.
        self.logits = nn.Linear(WIDTH, CLASSES) if classified else None

    def forward(self, clips: UInt8[Tensor, "b t h w 3"]) -> Float[Tensor, "b 1024"]:
        """What the last stage sees, averaged over places and over pairs of neighbouring steps."""
        x = clips.permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        for name, stage in self.stages.items():
            x = stage(pool(x, *POOLS[name]) if name in POOLS else x)
        return functional.avg_pool3d(x, (2, 7, 7), stride=1).mean(dim=(2, 3, 4))
