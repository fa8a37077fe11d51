"""Engines, vehicles and their signals."""

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


def engine(rng: np.random.Generator) -> Signal:
    """An idling motor: uneven firing strokes, an exhaust's boom, some rattle."""
    firing = rng.uniform(18, 45) * (0.95 + 0.1 * swell(rng, 1.5))
    strokes = np.sin(np.pi * np.cumsum(firing) / RATE) ** 8
    boom = tone(firing, [1, 0.9, 0.8, 0.5, 0.5, 0.3, 0.3, 0.2])
    exhaust = 2 * noise(rng, band(60, 700, 1)) * strokes
    return boom * swell(rng, 15, 0.6) + exhaust + 0.15 * noise(rng, band(1500, 6000)) * strokes


def vacuum_cleaner(rng: np.random.Generator) -> Signal:
    """Rush of air over the whine of a motor, which labours on the carpet."""
    pitch = rng.uniform(280, 480) * (0.97 + 0.06 * swell(rng, 0.8))
    whine = tone(pitch, [0.5, 0.3, 0.1, 0.25, 0.05, 0.12])
    air = noise(rng, resonances((rng.uniform(500, 900), 900, 1), (2500, 3000, 0.5), (6000, 4000, 0.2)))
    return (air + 1.2 * whine) * swell(rng, 1, 0.8)


def helicopter(rng: np.random.Generator) -> Signal:
    """Blades that chop the air, a turbine behind; it comes nearer or goes."""
    blades = rng.uniform(9, 16)
    turn = np.pi * blades * np.arange(LENGTH) / RATE
    chop = np.sin(turn + rng.uniform(0, np.pi)) ** 6
    thump = 1.5 * noise(rng, band(35, 250, 1)) * chop + 0.5 * noise(rng, band(400, 2500, 1)) * chop**2
    turbine = 0.1 * tone(np.full(LENGTH, rng.uniform(900, 1800))) + 0.2 * noise(rng, band(80, 3000, 1))
    return (thump + turbine) * curve(LENGTH, (0, rng.uniform(0.3, 1)), (1, rng.uniform(0.3, 1)))


def train(rng: np.random.Generator) -> Signal:
    """Wheels over rail joints, two axles at a time, in a rumble."""
    out = 0.4 * noise(rng, band(40, 500, 1)) * swell(rng, 3, 0.6)
    out += 0.08 * noise(rng, resonances((rng.uniform(2500, 4500), 150, 1))) * swell(rng, 1.5) ** 3
    axle, length = rng.uniform(0.1, 0.18), samples(0.12)
    for time in rhythm(rng, rng.uniform(0.5, 0.9), 0.02):
        for wheel in (0.0, axle):
            clack = noise(rng, resonances((180, 120, 1), (900, 500, 0.5), (2200, 900, 0.3)), length)
            place(out, clack * decay(length, 0.03), time + wheel, rng.uniform(1.2, 1.8))
    return out


def siren(rng: np.random.Generator) -> Signal:
    """A wail or yelp that sweeps, or two tones in turn, over the street."""
    turn = np.arange(LENGTH) / RATE * rng.choice([0.25, 0.4, 3.2]) + rng.uniform(0, 1)
    low = rng.uniform(450, 700)
    if rng.random() < 1 / 3:
        hertz = np.where(turn * 3 % 1 < 0.5, low, 1.34 * low)
    else:
        hertz = low * (1 + rng.uniform(0.8, 1.3) * (1 - np.abs(2 * (turn % 1) - 1)))
    horn = shape(tone(hertz, [1, 0.4, 0.5, 0.2, 0.2]), band(400, 4000, 1))
    return horn * swell(rng, 0.6, 0.6) + 0.05 * noise(rng, band(60, 1200, 1))


def car_horn(rng: np.random.Generator) -> Signal:
    """One to three honks of two reeds a third apart."""
    out = 0.01 * noise(rng, band(60, 1500, 1))
    pitch, time = rng.uniform(320, 450), rng.uniform(0.05, 0.6)
    for _ in range(rng.integers(1, 4)):
        length = samples(rng.uniform(0.25, 1.2))
        reeds = sum(tone(np.full(length, hertz), [1 / k**0.5 for k in range(1, 20)])
                    for hertz in (pitch, pitch * rng.uniform(1.22, 1.27)))  # fmt: skip
        honk = shape(np.asarray(reeds), resonances((1200, 1500, 1), (2800, 1500, 0.6)))
        place(out, honk * curve(length, (0, 0), (0.03, 1), (0.95, 1), (1, 0)), time)
        time += length / RATE + rng.uniform(0.15, 0.7)
    return out


def airplane(rng: np.random.Generator) -> Signal:
    """A propeller plane that passes: its drone falls in pitch, its roar swells and fades."""
    near = rng.uniform(0.2, 0.8)
    passing = curve(LENGTH, (0, 1.08), (near - 0.15, 1.05), (near + 0.15, 0.94), (1, 0.92))
    drone = tone(rng.uniform(75, 130) * passing, [1, 0.7, 0.6, 0.5, 0.3, 0.3, 0.2, 0.2])
    roar = noise(rng, band(80, 900)) + 0.2 * noise(rng, band(900, 4000, 1))
    return (drone + roar) * curve(LENGTH, (0, 0.3), (near, 1), (1, 0.3))


def chainsaw(rng: np.random.Generator) -> Signal:
    """A two-stroke motor, overdriven, that revs up and bites."""
    revs = rng.uniform(85, 130) * (0.6 + 0.7 * swell(rng, rng.uniform(1, 2.5)))
    buzz = tone(revs, [1 / k**0.6 for k in range(1, 30)]) + 0.4 * noise(rng, band(500, 6000, 1))
    return shape(np.tanh(1.5 * buzz), band(120, 5000, 1)) * swell(rng, 25, 0.6)
