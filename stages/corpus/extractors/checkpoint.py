"""Weights from a file, taken strictly: every tensor is one that the network has, of its shape."""

import hashlib
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from stages.common.errors import DataError


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file, or of one by torch.save; nothing in it is executed."""
    if not path.is_file():
        raise DataError(f"corpus.features_checkpoint: {path} does not exist")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{path} can't be read as weights ({reason}); expected a .safetensors file, or a dictionary of "
            "tensors by torch.save"
        ) from None
    weights = content.get("state_dict", content) if isinstance(content, dict) else {}
    if not weights or not all(isinstance(value, Tensor) for value in weights.values()):
        raise DataError(f"{path} holds {type(content).__name__}, expected a dictionary of tensors")
    return dict(weights)


def fill(network: nn.Module, weights: dict[str, Tensor], origin: str) -> str:
    """Give a network its weights; return their sha256."""
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted(set(wanted) | set(found)):
        if wanted.get(name) != found.get(name):
            there, expected = _said(found.get(name)), _said(wanted.get(name))
            raise DataError(f"{origin} does not fit: {name} is {there}, expected {expected}")
    network.load_state_dict(weights)
    return sha256_of_weights(weights)


def _said(shape: tuple[int, ...] | None) -> str:
    return "absent" if shape is None else str(list(shape))


def sha256_of_weights(weights: dict[str, Tensor]) -> str:
    """The same for the same tensors, whatever the file's format."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].float().contiguous().numpy()
        digest.update(f"{name}{list(value.shape)}".encode() + value.tobytes())
    return digest.hexdigest()
