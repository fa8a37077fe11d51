"""The device that networks answer on."""

import torch

from stages.common.errors import ParamsError
from stages.training.ranks import device_of


def usable_device(name: str) -> torch.device:
    """`cpu`, `cuda`, `cuda:N`, or `auto`; refused where there is no such device."""
    try:
        device = device_of(name)
        torch.empty(0, device=device)
    # Builds without CUDA assert that they have it.
    except (RuntimeError, AssertionError):
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        gpus = torch.cuda.device_count()
        raise ParamsError(
            f"there is no device {name!r} here; expected cpu, auto, or cuda where PyTorch finds a GPU "
            f"(it finds {gpus or 'none'})"
        )
    return device
