"""EfficientNet-lite0: batch norms folded away, pictures one by one, the published network's shape."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from stages.corpus.extractors.checkpoint import fill
from stages.corpus.extractors.efficientnet import STAGES, WIDTH, EfficientNet, Unit
from stages.corpus.extractors.efficientnet_weights import converted
from stages.corpus.extractors.network import Looks, PictureNetwork

NORM = ("weight", "bias", "running_mean", "running_var")


def published(seed=0):
    """Weights in the published names, drawn at random."""
    rng = torch.Generator().manual_seed(seed)

    def drawn(*shape, least=0.0):
        return least + torch.rand(shape, generator=rng)

    weights = {}

    def unit(conv, norm, outputs, inputs, kernel):
        weights[f"{conv}.weight"] = (drawn(outputs, inputs, kernel, kernel) - 0.5) / (inputs * kernel) ** 0.5
        for part in NORM:
            weights[f"{norm}.{part}"] = drawn(
                outputs, least=0.5 if "var" in part or part == "weight" else -0.5
            )

    unit("_conv_stem", "_bn0", 32, 3, 3)
    number, inputs = 0, 32
    for count, kernel, _, widened, outputs in STAGES:
        for _ in range(count):
            inner, here = inputs * widened, f"_blocks.{number}."
            if widened > 1:
                unit(f"{here}_expand_conv", f"{here}_bn0", inner, inputs, 1)
            unit(f"{here}_depthwise_conv", f"{here}_bn1", inner, 1, kernel)
            unit(f"{here}_project_conv", f"{here}_bn2", outputs, inner, 1)
            number, inputs = number + 1, outputs
    unit("_conv_head", "_bn1", WIDTH, inputs, 1)
    return weights | {"_fc.weight": drawn(1000, WIDTH), "_fc.bias": drawn(1000)}


def normed(weights, x, conv, norm, stride=1, groups=1, act=True):
    kernel = weights[f"{conv}.weight"]
    size, width = x.shape[-1], kernel.shape[-1]
    # TensorFlow's SAME: the output has size/stride places, rounded up.
    total = max((-(-size // stride) - 1) * stride + width - size, 0)
    x = functional.pad(x, (total // 2, total - total // 2) * 2)
    x = functional.conv2d(x, kernel, stride=stride, groups=groups)
    scale, shift, mean, variance = (weights[f"{norm}.{part}"] for part in NORM)
    x = functional.batch_norm(x, mean, variance, scale, shift, eps=1e-3)
    return x.clamp(0, 6) if act else x


def as_published(weights, x):
    x = normed(weights, x, "_conv_stem", "_bn0", 2)
    number = 0
    for count, _, stride, _, _ in STAGES:
        for place in range(count):
            here, before = f"_blocks.{number}.", x
            if f"{here}_expand_conv.weight" in weights:
                x = normed(weights, x, f"{here}_expand_conv", f"{here}_bn0")
            step = stride if place == 0 else 1
            x = normed(weights, x, f"{here}_depthwise_conv", f"{here}_bn1", step, x.shape[1])
            x = normed(weights, x, f"{here}_project_conv", f"{here}_bn2", act=False)
            x = x + before if step == 1 and x.shape == before.shape else x
            number += 1
    return normed(weights, x, "_conv_head", "_bn1").mean((2, 3))


@pytest.fixture(scope="module")
def network():
    made = EfficientNet().eval()
    fill(made, converted(published()), "it")
    return made


def test_it_computes_what_the_published_names_say(network):
    clips = torch.randint(
        0, 256, (2, 1, 64, 64, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8
    )
    pictures = (clips[:, 0].permute(0, 3, 1, 2).float() - network.mean) / network.deviation
    with torch.inference_mode():
        torch.testing.assert_close(network(clips), as_published(published(), pictures), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(8, 3, 2), (7, 3, 2), (8, 5, 2), (7, 5, 2), (8, 5, 1), (9, 1, 1)]
)
def test_padding_is_that_of_the_published_network(size, kernel, stride):
    unit = Unit(1, 1, kernel, stride, act=False).eval()
    x = torch.rand(1, 1, size, size)
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    padded = functional.pad(x, (total // 2, total - total // 2) * 2)
    assert torch.equal(unit(x), unit.conv(padded))


def test_a_row_is_that_of_its_picture_wherever_it_stands(network):
    extractor = PictureNetwork("efficientnet", WIDTH, network, Looks(2, 1, 1, 64, 64, "BILINEAR"), "abc")
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 48, 80, 3), np.uint8))
    rows = extractor.rows(pictures)
    assert rows.shape == (3, WIDTH)
    assert np.array_equal(extractor.rows(pictures[::-1]), rows[::-1])
