"""The features that the library computes from its samples before the network sees them, to the last detail.

26 cepstral coefficients of 40 mel bands, of windows of 32 ms every 20. The network is trained on these: where
they differed from the library's, only its answers would tell.
"""

from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int16
from torch import Tensor

from stages.common.audio import SAMPLE_RATE

WINDOW, STRIDE = 512, 320
FEATURES, CONTEXT = 26, 9
BANDS, LOWEST_HZ, HIGHEST_HZ = 40, 20.0, 8000.0
_FLOOR = 1e-12


def frames_of(samples: int) -> int:
    """How many frames the library makes of so many samples; it fills the last one up with zeros."""
    return max(1, (samples - WINDOW) // STRIDE + 2)


def mfcc(samples: Int16[np.ndarray, " t"]) -> Float[np.ndarray, "frames 26"]:
    """The coefficients of each frame."""
    count = frames_of(len(samples))
    padded = np.zeros((count - 1) * STRIDE + WINDOW, np.float32)
    # By 32768, not by 32767 as elsewhere: the library's way.
    padded[: len(samples)] = samples.astype(np.float32) / 32768
    # In torch, whose threads are the machine's of params.yaml: NumPy's products take all cores for so little.
    windows = torch.from_numpy(padded).unfold(0, WINDOW, STRIDE)
    # In full precision, whatever the network's around it.
    with torch.autocast("cpu", enabled=False):
        magnitudes = torch.fft.rfft(windows * _hann()).abs()
        return ((magnitudes @ _filters()).clamp(min=_FLOOR).log() @ _cosines()).numpy()


@cache
def _hann() -> Float[Tensor, " window"]:
    return torch.hann_window(WINDOW)


def _mel(hertz: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    return 1127 * np.log1p(hertz / 700)


@cache
def _filters() -> Float[Tensor, "frequencies bands"]:
    """Triangles whose corners are equally far in mel, over the frequencies within the bounds."""
    frequencies = np.arange(WINDOW // 2 + 1) * SAMPLE_RATE / WINDOW
    low, high = _mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    corners = np.linspace(low, high, BANDS + 2)
    mels = _mel(frequencies)[:, None]
    rising = (mels - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - mels) / (corners[2:] - corners[1:-1])
    triangles = np.minimum(rising, falling).clip(min=0)
    spacing = SAMPLE_RATE / WINDOW
    triangles[: int(1.5 + LOWEST_HZ / spacing)] = 0
    triangles[int(HIGHEST_HZ / spacing) + 1 :] = 0
    return torch.from_numpy(triangles.astype(np.float32))


@cache
def _cosines() -> Float[Tensor, "bands features"]:
    angles = np.pi / BANDS * np.outer(np.arange(BANDS) + 0.5, np.arange(FEATURES))
    return torch.from_numpy((np.sqrt(2 / BANDS) * np.cos(angles)).astype(np.float32))
