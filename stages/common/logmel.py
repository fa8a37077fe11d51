"""The log-mel filterbank spectrogram of paper §4.3."""

import warnings
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int16

from stages.common.audio import SAMPLE_RATE, from_int16
from stages.common.errors import ParamsError
from stages.common.params.schema import Mels
from stages.common.torch_audio import torchaudio

# Silence is log(FLOOR); an int16 step squared is some 1e-9, below it there is only rounding.
FLOOR = 1e-6


class LogMel:
    """Samples to [T, bands]: Hamming windows every `hop_ms`, power, mel bands, natural logarithm."""

    def __init__(self, params: Mels) -> None:
        self.params = params
        if self.window > params.fft:
            raise ParamsError(
                f"mels.fft is {params.fft}, but the window of {params.window_ms} ms "
                f"has {self.window} samples; set it to {self.window} or more"
            )

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(self.params.window_ms * SAMPLE_RATE / 1000)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return round(self.params.hop_ms * SAMPLE_RATE / 1000)

    @cached_property
    def _spectrum(self) -> torch.nn.Module:
        # One thread: the workers are as many as the cores.
        torch.set_num_threads(1)
        return torchaudio.transforms.Spectrogram(
            n_fft=self.params.fft,
            win_length=self.window,
            hop_length=self.hop,
            window_fn=torch.hamming_window,
            power=None,
            # Reflection fails on clips shorter than half a window.
            pad_mode="constant",
        )

    @cached_property
    def filters(self) -> Float[torch.Tensor, "frequencies bands"]:
        """The mel filters."""
        with warnings.catch_warnings():
            # Of empty bands, which the room refuses in its own words.
            warnings.simplefilter("ignore")
            return torchaudio.functional.melscale_fbanks(
                self.params.fft // 2 + 1, 0, SAMPLE_RATE / 2, self.params.bands, SAMPLE_RATE,
                norm=None, mel_scale=self.params.scale,
            )  # fmt: skip

    def __call__(self, samples: Int16[np.ndarray, " t"]) -> Float[np.ndarray, "frames bands"]:
        spectrum = self._spectrum(torch.from_numpy(from_int16(samples)))
        # Not abs().square(): the root costs more than the Fourier transform.
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(power.T @ self.filters + FLOOR).numpy()

    def __getstate__(self) -> dict[str, Mels]:
        return {"params": self.params}
