"""How strong the noise is: what `level`, `proportion` or `snr_db` come to."""

from dataclasses import dataclass
from typing import Literal

from stages.common.params.schema import Noise

# The α of the paper's Figure 4.
LEVELS = {"clean": (0.0, 0.0), "normal": (0.5, 0.7), "large": (0.7, 0.9)}

Mode = Literal["add", "convex"]


@dataclass(frozen=True)
class Strength:
    """A range from which each query draws its proportion α, or its signal-to-noise ratio."""

    unit: Literal["proportion", "snr_db"]
    low: float
    high: float
    mode: Mode
    set_by: str

    @property
    def is_clean(self) -> bool:
        return self.unit == "proportion" and self.high == 0

    def alpha(self, draw: float) -> float:
        """The proportion α for a draw from 0 to 1."""
        drawn = self.low + draw * (self.high - self.low)
        if self.unit == "proportion":
            return drawn
        # The noise is as loud as the speech before weighting, so the weights alone make the ratio.
        ratio = 10 ** (-drawn / 20)
        return ratio if self.mode == "add" else ratio / (1 + ratio)


def strength_of(noise: Noise) -> Strength:
    """The strength that params.yaml asks for; `proportion` and `snr_db` take the place of `level`."""
    instead = f"in place of noise.level {noise.level}"
    if noise.proportion is not None:
        return Strength("proportion", *noise.proportion, noise.mode, f"noise.proportion, {instead}")
    if noise.snr_db is not None:
        return Strength("snr_db", *noise.snr_db, noise.mode, f"noise.snr_db, {instead}")
    return Strength("proportion", *LEVELS[noise.level], noise.mode, f"noise.level {noise.level}")


def weights(alpha: float, mode: Mode) -> tuple[float, float]:
    """The weights of the speech and of the noise."""
    return (1.0, alpha) if mode == "add" else (1 - alpha, alpha)
