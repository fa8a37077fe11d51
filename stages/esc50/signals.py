"""What the sounds are built of: shaped noise, tones, resonances, envelopes, events in time."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

# ESC-50's clips last 5 s. Half its 44.1 kHz: speech is mixed at 16 kHz, and the folder stays small.
RATE = 22_050
LENGTH = 5 * RATE

Signal = Float[np.ndarray, " t"]
# A short one, to be placed in a longer one.
Sound = Float[np.ndarray, " short"]
Gain = Callable[[Float[np.ndarray, " f"]], Float[np.ndarray, " f"]]


def samples(seconds: float) -> int:
    """The number of samples in a time."""
    return round(seconds * RATE)


def band(low: float, high: float, order: int = 2) -> Gain:
    """Passes `low` to `high` Hz, with Butterworth slopes."""

    def gain(hertz: Float[np.ndarray, " f"]) -> Float[np.ndarray, " f"]:
        below = (low / np.maximum(hertz, 1e-3)) ** (2 * order)
        above = (hertz / high) ** (2 * order)
        return 1 / np.sqrt((1 + below) * (1 + above))

    return gain


def resonances(*modes: tuple[float, float, float]) -> Gain:
    """Peaks at (hertz, width in hertz, height), as of a body or a vocal tract."""

    def gain(hertz: Float[np.ndarray, " f"]) -> Float[np.ndarray, " f"]:
        return sum(
            (height / (1 + ((hertz - centre) / (width / 2)) ** 2) for centre, width, height in modes),
            np.zeros_like(hertz),
        )

    return gain


def shape(signal: Signal, gain: Gain) -> Signal:
    """The signal with its spectrum weighted."""
    spectrum = np.fft.rfft(signal)
    return np.fft.irfft(spectrum * gain(np.fft.rfftfreq(len(signal), 1 / RATE)), len(signal))


def noise(rng: np.random.Generator, gain: Gain, length: int = LENGTH) -> Signal:
    """Random noise of the given spectrum, at RMS 1."""
    signal = shape(rng.standard_normal(length), gain)
    return signal / np.sqrt(np.mean(signal**2))


def tone(hertz: Signal, weights: Sequence[float] = (1.0,)) -> Signal:
    """A tone that follows a pitch curve, with weighted harmonics; those past the band are left out."""
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    kept = [(k, weight) for k, weight in enumerate(weights, 1) if k * hertz.max(initial=0) < RATE / 2]
    return sum((weight * np.sin(k * phase) for k, weight in kept), np.zeros_like(hertz))


def curve(length: int, *points: tuple[float, float]) -> Signal:
    """Straight lines through (place from 0 to 1, value)."""
    places, values = zip(*points, strict=True)
    return np.interp(np.linspace(0, 1, length), places, values)


def decay(length: int, seconds: float, attack: float = 0.001) -> Signal:
    """An exponential decay after a short linear attack."""
    time = np.arange(length) / RATE
    return np.exp(-time / seconds) * np.minimum(1, time / attack)


def swell(rng: np.random.Generator, per_second: float, floor: float = 0.0, length: int = LENGTH) -> Signal:
    """A smooth random curve between `floor` and 1."""
    knots = rng.uniform(floor, 1, int(length / RATE * per_second) + 3)
    place = np.linspace(0, len(knots) - 1.001, length)
    left = place.astype(int)
    blend = (1 - np.cos(np.pi * (place - left))) / 2
    return knots[left] * (1 - blend) + knots[left + 1] * blend


def place(into: Signal, sound: Sound, seconds: float, gain: float = 1.0) -> None:
    """Add a sound at a time, cut at the clip's end."""
    first = samples(seconds)
    room = into[first : first + len(sound)]
    room += gain * sound[: len(room)]


def scattered(rng: np.random.Generator, per_second: float, sound: Sound, spread: float = 1.0) -> Signal:
    """The same short sound at random times, its loudness log-normal: drops, crackles."""
    pulses = np.zeros(LENGTH)
    count = rng.poisson(per_second * LENGTH / RATE)
    np.add.at(pulses, rng.integers(0, LENGTH, count), rng.lognormal(0, spread, count))
    size = LENGTH + len(sound)
    return np.fft.irfft(np.fft.rfft(pulses, size) * np.fft.rfft(sound, size), size)[:LENGTH]


def rhythm(rng: np.random.Generator, period: float, jitter: float = 0.0) -> list[float]:
    """Times from a random start to the clip's end, a period apart, give or take `jitter` of it."""
    times, time = [], rng.uniform(0, period)
    while time < LENGTH / RATE:
        times.append(time)
        time += period * (1 + jitter * rng.uniform(-1, 1))
    return times
