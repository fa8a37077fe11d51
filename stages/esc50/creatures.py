"""Animals, and a baby."""

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
    shape,
    swell,
    tone,
)


def dog(rng: np.random.Generator) -> Signal:
    """A few barks: a rough, voiced burst that opens and closes; silence between, as in ESC-50."""
    out = np.zeros(LENGTH)
    pitch, mouth = rng.uniform(250, 550), rng.uniform(700, 1100)
    time = rng.uniform(0, 0.5)
    for _ in range(rng.integers(2, 7)):
        length = samples(rng.uniform(0.13, 0.22))
        hertz = pitch * curve(length, (0, 0.8), (0.3, 1.25), (1, 0.7)) * rng.uniform(0.95, 1.05)
        voice = tone(hertz, [1 / k for k in range(1, 20)])
        voice += 0.5 * noise(rng, band(300, 5000, 1), length)
        bark = shape(voice, resonances((mouth, 350, 1), (2.1 * mouth, 500, 0.5), (3.3 * mouth, 700, 0.25)))
        place(out, bark * curve(length, (0, 0), (0.12, 1), (0.5, 0.7), (1, 0)), time, rng.uniform(0.7, 1))
        time += rng.uniform(0.28, 0.9)
    return out


def chirping_birds(rng: np.random.Generator) -> Signal:
    """Two or three birds, each with a syllable of its own that it repeats in phrases."""
    out = 0.01 * noise(rng, band(300, 4000, 1))
    for _ in range(rng.integers(2, 4)):
        pitch, seconds = rng.uniform(2500, 6000), rng.uniform(0.05, 0.14)
        glide = [(at, rng.uniform(0.75, 1.3)) for at in (0, 0.5, 1)]
        loud, gap = rng.uniform(0.3, 1), rng.uniform(0.03, 0.12)
        for phrase in rhythm(rng, rng.uniform(0.8, 1.8), 0.3):
            for number in range(rng.integers(2, 7)):
                length = samples(seconds)
                hertz = pitch * rng.uniform(0.98, 1.02) * curve(length, *glide)
                chirp = tone(hertz, (1, 0.15)) * np.sin(np.pi * np.linspace(0, 1, length)) ** 0.7
                place(out, chirp, phrase + number * (seconds + gap), loud)
    return out


def crickets(rng: np.random.Generator) -> Signal:
    """Several crickets: chirps of three or four quick pulses of one high tone."""
    out = 0.02 * noise(rng, band(200, 5000, 1))
    for _ in range(rng.integers(2, 5)):
        length = samples(rng.uniform(0.012, 0.018))
        pulse = tone(np.full(length, rng.uniform(3800, 5200)), (1, 0.1))
        pulse *= np.sin(np.pi * np.linspace(0, 1, length))
        loud, apart, pulses = rng.uniform(0.2, 1), length / RATE * 1.7, rng.integers(3, 5)
        for chirp in rhythm(rng, rng.uniform(0.3, 0.6), 0.04):
            for number in range(pulses):
                place(out, pulse, chirp + number * apart, loud)
    return out


def insects(rng: np.random.Generator) -> Signal:
    """A fly that circles: a buzz whose pitch and nearness wander."""
    hertz = rng.uniform(150, 240) * (0.9 + 0.2 * swell(rng, 4)) * (1 + 0.01 * rng.standard_normal(LENGTH))
    buzz = tone(hertz, [1 / k**0.8 for k in range(1, 25)])
    return shape(buzz, band(150, 4000, 1)) * swell(rng, rng.uniform(1, 2.5)) ** 2


def frog(rng: np.random.Generator) -> Signal:
    """Croaks: a train of pulses through a throat."""
    out = np.zeros(LENGTH)
    pulse_rate, throat = rng.uniform(35, 70), rng.uniform(450, 900)
    for time in rhythm(rng, rng.uniform(0.6, 1.3), 0.15):
        length = samples(rng.uniform(0.25, 0.45))
        pulses = np.zeros(length)
        pulses[:: round(RATE / pulse_rate)] = 1
        croak = shape(pulses, resonances((throat, 120, 1), (2.3 * throat, 250, 0.4)))
        place(out, croak * curve(length, (0, 0.3), (0.6, 1), (1, 0)), time, rng.uniform(0.7, 1))
    return out


def crying_baby(rng: np.random.Generator) -> Signal:
    """Wails that rise, tremble and fall, with a gasp before each."""
    out = 0.005 * noise(rng, band(60, 2000, 1))
    pitch, time = rng.uniform(380, 520), rng.uniform(0, 0.3)
    while time < LENGTH / RATE:
        length = samples(rng.uniform(0.6, 1.3))
        seconds = np.arange(length) / RATE
        hertz = pitch * curve(length, (0, 0.8), (0.2, 1.15), (0.7, 1.1), (1, 0.75))
        hertz *= 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(5, 8) * seconds)
        wail = tone(hertz, [1 / k**0.7 for k in range(1, 16)]) + 0.2 * noise(rng, band(500, 6000), length)
        wail = shape(wail, resonances((1100, 500, 1), (2800, 700, 0.7), (4200, 900, 0.3)))
        wail *= curve(length, (0, 0), (0.1, 0.8), (0.6, 1), (1, 0)) * swell(rng, 8, 0.7, length)
        place(out, wail, time)
        time += length / RATE + rng.uniform(0.1, 0.3)
        gasp = samples(0.15)
        place(out, 0.15 * noise(rng, band(900, 4000), gasp) * decay(gasp, 0.08, 0.05), time)
        time += rng.uniform(0.2, 0.5)
    return out
