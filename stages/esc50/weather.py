"""Natural soundscapes and water sounds."""

import numpy as np

from stages.esc50.signals import (
    LENGTH,
    RATE,
    Signal,
    band,
    curve,
    decay,
    noise,
    place,
    resonances,
    rhythm,
    samples,
    scattered,
    swell,
    tone,
)


def rain(rng: np.random.Generator) -> Signal:
    """Hiss of many drops, with single ones on leaves and on a roof."""
    out = noise(rng, band(rng.uniform(600, 1500), 9000, 1)) * swell(rng, 2, 0.7)
    for hertz in (rng.uniform(1500, 2500), rng.uniform(3000, 6000)):
        length = samples(0.012)
        drop = tone(np.full(length, hertz)) * decay(length, 0.002)
        out += 1.5 * scattered(rng, rng.uniform(20, 90), drop, 0.7)
    return out


def wind(rng: np.random.Generator) -> Signal:
    """Gusts: a rumble, and bands that whistle up and down on their own."""
    out = 1.2 * noise(rng, band(40, 160)) * swell(rng, 1.5, 0.3)
    gust = swell(rng, rng.uniform(0.4, 0.9), 0.1)
    for hertz in (250, 420, 700, 1100):
        centre = hertz * rng.uniform(0.8, 1.25)
        out += noise(rng, resonances((centre, centre / 5, 1))) * (250 / hertz) ** 0.5 * gust * swell(rng, 2)
    return out


def sea_waves(rng: np.random.Generator) -> Signal:
    """Breakers that rise quickly, foam and run out."""
    out = 0.15 * noise(rng, band(60, 800))
    length = samples(rng.uniform(2.5, 4.0))
    for time in rhythm(rng, rng.uniform(1.8, 3.2), 0.2):
        rise = rng.uniform(0.25, 0.45)
        breaker = curve(length, (0, 0), (rise, 1), (rise + 0.15, 0.6), (1, 0))
        body = noise(rng, band(80, 900, 1), length) * breaker
        # Foam is bright and comes with the break only.
        foam = noise(rng, band(1500, 8000, 1), length) * breaker**3
        place(out, body + 0.8 * foam, max(0.0, time - 1.5), rng.uniform(0.6, 1))
    return out


def thunderstorm(rng: np.random.Generator) -> Signal:
    """Claps that crack, roll and rumble away over rain."""
    out = 0.08 * noise(rng, band(800, 8000, 1))
    for time in rng.uniform(0, 2.5, rng.integers(1, 3)):
        length = LENGTH - samples(time)
        rolling = decay(length, rng.uniform(0.8, 1.6), 0.03) * swell(rng, 9, 0.2, length)
        place(out, 3 * noise(rng, band(25, 140), length) * rolling, time)
        crack = noise(rng, band(150, 3500, 1), length) * decay(length, 0.12) * swell(rng, 40, 0, length)
        place(out, crack, time, rng.uniform(0.3, 1.5))
    return out


def crackling_fire(rng: np.random.Generator) -> Signal:
    """A soft roar with crackles of all sizes and a few pops of sap."""
    out = 0.12 * noise(rng, band(50, 350, 1)) * swell(rng, 5, 0.4)
    for per_second, hertz, seconds in ((30, 4500, 0.0008), (12, 2200, 0.0015), (2, 700, 0.005)):
        length = samples(8 * seconds)
        snap = noise(rng, band(hertz / 2, hertz * 2), length) * decay(length, seconds, 0.0002)
        out += 0.25 * scattered(rng, per_second * rng.uniform(0.6, 1.4), snap, 1.1)
    return out


def water_drops(rng: np.random.Generator) -> Signal:
    """Bubbles under falling drops: a plop whose pitch rises, and its echo."""
    out = np.zeros(LENGTH)
    pitch = rng.uniform(500, 1200)
    for time in rhythm(rng, rng.uniform(0.35, 1.2), rng.uniform(0.05, 0.5)):
        length = samples(0.25)
        hertz = pitch * rng.uniform(0.8, 1.3) * (1 + 3 * np.arange(length) / RATE)
        plop = tone(hertz) * decay(length, rng.uniform(0.025, 0.06))
        plop += 0.15 * noise(rng, band(2000, 8000), length) * decay(length, 0.003)
        for echo, gain in ((0.0, 1.0), (0.061, 0.3), (0.113, 0.12)):
            place(out, plop, time + echo, gain * rng.uniform(0.7, 1))
    return out
