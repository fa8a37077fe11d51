"""The arithmetic of mixing, on arrays alone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int16

from stages.common.audio import from_int16, loudness, to_int16
from stages.mix.strength import Mode, weights


@dataclass(frozen=True)
class Mixed:
    """A mixed query; `snr_db` is measured on the covered part of `samples`, None where one is absent."""

    samples: Int16[np.ndarray, " t"]
    snr_db: float | None
    scaled: bool


def covered_part(samples: int, fraction: float, draw: float) -> tuple[int, int]:
    """First sample and length of the part to cover: `fraction` of all, placed by a draw in [0, 1)."""
    length = round(fraction * samples)
    return int(draw * (samples - length + 1)), length


def noise_part(
    noise: Int16[np.ndarray, " n"], length: int, draw: float
) -> tuple[Float[np.ndarray, " length"], int]:
    """`length` samples of a noise and where they start in it: a part of it, or a loop if it is shorter."""
    first = int(draw * (len(noise) - length + 1 if len(noise) >= length else len(noise)))
    part = np.take(noise, np.arange(first, first + length), mode="wrap")
    return from_int16(part), first


def mix(
    speech: Int16[np.ndarray, " t"], noise: Float[np.ndarray, " n"], start: int, alpha: float, mode: Mode
) -> Mixed:
    """Noise over `speech[start : start + n]`, as loud as the speech there before weighting."""
    speech_weight, noise_weight = weights(alpha, mode)
    covered = slice(start, start + len(noise))
    mixed = from_int16(speech)
    under = speech_weight * mixed[covered]
    mixed[covered] = under + noise * (noise_weight * loudness(mixed[covered]) / loudness(noise))
    peak = max(1.0, float(np.abs(mixed).max()))
    samples, scaled = to_int16(mixed)
    added = peak * from_int16(samples[covered]) - under
    return Mixed(samples, snr_db(under, added), scaled)


def snr_db(speech: Float[np.ndarray, " n"], noise: Float[np.ndarray, " n"]) -> float | None:
    """The signal-to-noise ratio in dB; None where there is no speech or no noise."""
    levels = loudness(speech), loudness(noise)
    # The last digits of numpy's logarithm depend on the CPU.
    return None if 0 in levels else round(float(20 * np.log10(levels[0] / levels[1])), 6)
