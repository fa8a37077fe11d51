"""I3D: its shape, its padding, its published weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from stages.common.errors import DataError
from stages.corpus.extractors.i3d import BRANCHES, I3D, POOLS, Unit, pool, same_padding
from stages.corpus.extractors.i3d_weights import from_checkpoint


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [(224, 7, 2, (2, 3)), (16, 7, 2, (2, 3)), (112, 3, 2, (0, 1)), (9, 3, 2, (1, 1)), (8, 2, 2, (0, 0)),
     (7, 2, 2, (0, 1)), (5, 3, 1, (1, 1)), (5, 1, 1, (0, 0))],
)  # fmt: skip
def test_same_padding_by_hand(size, kernel, stride, padding):
    assert same_padding(size, kernel, stride) == padding


def test_an_odd_zero_goes_behind():
    # Four numbers in a row, windows of three at every second: 0 1 2 | 2 3 pad.
    row = torch.tensor([5.0, 1, 2, 7]).reshape(1, 1, 1, 1, 4)
    assert pool(row, (1, 1, 3), (1, 1, 2)).flatten().tolist() == [5, 7]
    unit = Unit(1, 1, 3, 2)
    with torch.no_grad():
        unit.weight.zero_()[..., 1, 1, :] = torch.tensor([100.0, 10, 1])
        unit.bias.zero_()
    assert unit(row).flatten().tolist() == [512, 270]


def test_the_parameters_are_as_many_as_published():
    with torch.device("meta"):
        network = I3D()
        without = I3D(classified=False)
    assert sum(value.numel() for value in network.parameters()) == 12_689_984
    assert sum(value.numel() for value in without.parameters()) == 12_689_984 - 400 * 1024 - 400


@pytest.mark.parametrize(("frames", "steps"), [(16, 2), (64, 8)])
def test_an_eighth_of_the_time_and_a_thirty_second_of_the_width(frames, steps):
    with torch.device("meta"):
        network = I3D()
        x = torch.zeros(2, 3, frames, 224, 224)
        for name, stage in network.stages.items():
            x = stage(pool(x, *POOLS[name]) if name in POOLS else x)
        assert x.shape == (2, 1024, steps, 7, 7)
        assert network(torch.zeros(2, frames, 224, 224, 3, dtype=torch.uint8)).shape == (2, 1024)


def ported():
    """Random weights in the names and shapes of pytorch-i3d's code."""
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = {
            name.removeprefix("stages.").removesuffix(".weight"): value.shape
            for name, value in I3D(classified=False).state_dict().items()
            if name.endswith(".weight")
        }
    short = dict(zip(BRANCHES, ("b0", "b1a", "b1b", "b2a", "b2b", "b3b"), strict=True))
    weights = {
        "logits.conv3d.weight": torch.zeros(157, 1024, 1, 1, 1),
        "logits.conv3d.bias": torch.zeros(157),
    }
    for unit, shape in shapes.items():
        stage, _, branch = unit.partition(".")
        name = f"{stage}.{short[branch]}" if branch else stage
        weights[f"{name}.conv3d.weight"] = torch.randn(shape)
        for part in ("weight", "bias", "running_mean"):
            weights[f"{name}.bn.{part}"] = torch.randn(shape[0])
        weights[f"{name}.bn.running_var"] = torch.rand(shape[0]) + 0.1
        weights[f"{name}.bn.num_batches_tracked"] = torch.tensor(1)
    return weights


def test_a_checkpoint_of_pytorch_i3d_does_what_it_did():
    weights = ported()
    made = from_checkpoint(weights, "a.pt")
    I3D(classified=False).load_state_dict(made)
    name = "Mixed_4d.b2b"
    then = nn.BatchNorm3d(64, eps=0.001).eval()
    then.load_state_dict({key: weights[f"{name}.bn.{key}"] for key in then.state_dict()})
    x = torch.randn(1, 24, 2, 5, 5)
    expected = functional.relu(then(functional.conv3d(x, weights[f"{name}.conv3d.weight"], padding=1)))
    unit = Unit(24, 64, 3)
    unit.load_state_dict(
        {part: made[f"stages.Mixed_4d.Branch_2/Conv3d_0b_3x3.{part}"] for part in ("weight", "bias")}
    )
    torch.testing.assert_close(unit(x), expected, rtol=1e-4, atol=1e-4)


def test_a_checkpoint_of_something_else_is_refused():
    weights = ported()
    absent = {name: value for name, value in weights.items() if name != "Mixed_5c.b0.bn.running_var"}
    with pytest.raises(DataError, match=r"a.pt does not fit: Mixed_5c.b0.bn.running_var is absent"):
        from_checkpoint(absent, "a.pt")
    with pytest.raises(DataError, match=r"I3D has no layer4.conv.weight"):
        from_checkpoint({**weights, "layer4.conv.weight": torch.zeros(1)}, "a.pt")
