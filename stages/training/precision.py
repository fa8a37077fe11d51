"""Where the arithmetic is done in bfloat16, and with how many threads."""

import os
from contextlib import AbstractContextManager

import torch


def bf16_is_fast(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def chosen_precision(device: torch.device, precision: str) -> str:
    """fp32 or bf16; auto is bf16 where it is fast."""
    if precision == "auto":
        return "bf16" if bf16_is_fast(device) else "fp32"
    return precision


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """What is done within is done in the precision that the params name."""
    enabled = chosen_precision(device, precision) == "bf16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def use_threads(count: int) -> None:
    """Set torch's threads: `OMP_NUM_THREADS`, where it is set, is stronger."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(count)
