"""C3D (Tran et al., ICCV 2015), from a user's own weights, in the names of c3d-pytorch's c3d.pickle."""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from stages.common.params.schema import Clips
from stages.corpus.extractors.checkpoint import fill, read_checkpoint
from stages.corpus.extractors.network import Looks, Network

WIDTH, CLASSES = 4096, 487
_CONVOLUTIONS = {
    "conv1": (3, 64), "conv2": (64, 128), "conv3a": (128, 256), "conv3b": (256, 256),
    "conv4a": (256, 512), "conv4b": (512, 512), "conv5a": (512, 512), "conv5b": (512, 512),
}  # fmt: skip
# Pooled by 2 behind these; the first leaves time as it is, the last reaches over the edge of the picture.
_POOLED = ("conv1", "conv2", "conv3b", "conv4b", "conv5b")
# Of Sports-1M: blue, green, red, as the network was trained on pictures that OpenCV had read.
_MEAN = (90.0, 98.0, 102.0)


class C3D(nn.Module):
    """Clips of 16 pictures, 112 pixels wide and high, as the 4,096 numbers of fc7."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, (inputs, outputs) in _CONVOLUTIONS.items():
            self.add_module(name, nn.Conv3d(inputs, outputs, 3, padding=1))
        self.fc6, self.fc7 = nn.Linear(8192, WIDTH), nn.Linear(WIDTH, WIDTH)
        # Sports-1M's classes; a part of the published weights.
        self.fc8 = nn.Linear(WIDTH, CLASSES)
        self.register_buffer("mean", torch.tensor(_MEAN), persistent=False)

    def forward(self, clips: UInt8[Tensor, "b 16 112 112 3"]) -> Float[Tensor, "b 4096"]:
        x = self.centred(clips).permute(0, 4, 1, 2, 3)
        for name in _CONVOLUTIONS:
            x = functional.relu(self.get_submodule(name)(x))
            if name in _POOLED:
                window = (1 if name == "conv1" else 2, 2, 2)
                x = functional.max_pool3d(x, window, padding=(0, 1, 1) if name == "conv5b" else 0)
        return functional.relu(self.fc7(functional.relu(self.fc6(x.flatten(1)))))

    def centred(self, clips: UInt8[Tensor, "b t h w 3"]) -> Float[Tensor, "b t h w 3"]:
        """Red, green and blue as blue, green and red, about their usual values."""
        return clips.flip(-1).float() - self.mean


def c3d(clips: Clips, checkpoint: Path) -> Network:
    """C3D of Sports-1M, or of whatever the weights were trained on."""
    network = C3D()
    sha256 = fill(network, read_checkpoint(checkpoint), str(checkpoint))
    looks = Looks(25, clips.frames, clips.stride, resized=(171, 128), cut=112, interpolation="BILINEAR")
    return Network("c3d", WIDTH, network, looks, sha256)
