"""Sounds of a house, a desk and a street."""

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
    tone,
)


def _click(rng: np.random.Generator, hertz: float, seconds: float) -> Signal:
    length = samples(10 * seconds)
    body = resonances((hertz, hertz / 4, 1), (2.3 * hertz, hertz / 2, 0.5))
    return noise(rng, body, length) * decay(length, seconds, 0.0003)


def mouse_click(rng: np.random.Generator) -> Signal:
    """The button goes down and, a little softer, up; at times twice."""
    out = 0.004 * noise(rng, band(60, 3000, 1))
    hertz, hold = rng.uniform(2200, 3800), rng.uniform(0.07, 0.14)
    for time in rhythm(rng, rng.uniform(0.5, 1.5), 0.5):
        for repeat in range(rng.integers(1, 3)):
            at = time + 0.22 * repeat
            place(out, _click(rng, hertz, 0.0025), at, rng.uniform(0.8, 1))
            place(out, _click(rng, 1.15 * hertz, 0.002), at + hold, rng.uniform(0.4, 0.6))
    return out


def keyboard_typing(rng: np.random.Generator) -> Signal:
    """Quick uneven keys: a thock, the release, now and then the deeper space bar."""
    out = 0.006 * noise(rng, band(60, 3000, 1))
    thock = rng.uniform(700, 1400)
    for time in rhythm(rng, rng.uniform(0.11, 0.2), 0.6):
        depth = 0.5 if rng.random() < 0.15 else rng.uniform(0.9, 1.2)
        loud = rng.uniform(0.5, 1)
        place(out, _click(rng, thock * depth, 0.006), time, loud)
        place(out, _click(rng, 3.5 * thock, 0.0015), time, 0.6 * loud)
        place(out, _click(rng, 2.5 * thock, 0.002), time + rng.uniform(0.06, 0.1), 0.3 * loud)
    return out


def clock_tick(rng: np.random.Generator) -> Signal:
    """Tick and tock of a clockwork, in an even beat."""
    out = 0.003 * noise(rng, band(60, 3000, 1))
    hertz, tock = rng.uniform(1800, 3500), rng.uniform(0.75, 0.95)
    for number, time in enumerate(rhythm(rng, rng.choice([0.2, 0.5, 1.0]))):
        pitch = hertz * (tock if number % 2 else 1)
        place(out, _click(rng, pitch, 0.006), time, 0.8 if number % 2 else 1)
        place(out, _click(rng, 0.6 * pitch, 0.003), time + 0.018, 0.3)
    return out


def clock_alarm(rng: np.random.Generator) -> Signal:
    """Groups of electronic beeps."""
    out = np.zeros(LENGTH)
    length = samples(rng.uniform(0.05, 0.1))
    beep = tone(np.full(length, rng.uniform(1900, 3200)), (1, 0, 0.33, 0, 0.2))
    beep *= curve(length, (0, 0), (0.05, 1), (0.95, 1), (1, 0))
    beeps = rng.integers(2, 5)
    for time in rhythm(rng, rng.uniform(0.8, 1.1)):
        for number in range(beeps):
            place(out, beep, time + number * 1.9 * length / RATE)
    return out


def footsteps(rng: np.random.Generator) -> Signal:
    """Heel, then sole, left and right a little different; gravel or boards."""
    out = 0.004 * noise(rng, band(60, 2000, 1))
    gravel = rng.uniform(0, 0.8)
    for number, time in enumerate(rhythm(rng, rng.uniform(0.4, 0.65), 0.05)):
        length = samples(0.25)
        heel = noise(rng, resonances((rng.uniform(90, 140), 80, 1), (400, 300, 0.2)), length)
        place(out, heel * decay(length, 0.035), time, 1 if number % 2 else 0.85)
        sole = noise(rng, band(1200, 6000, 1), length)
        sole *= gravel * curve(length, (0, 0), (0.35, 1), (0.5, 0.3), (1, 0))
        place(out, sole, time + 0.04, 0.4)
    return out


def door_wood_knock(rng: np.random.Generator) -> Signal:
    """Knuckles on wood, a few times; silence after, as in ESC-50."""
    out = np.zeros(LENGTH)
    panel, time = rng.uniform(130, 320), rng.uniform(0.1, 0.6)
    for _ in range(rng.integers(1, 4)):
        for _ in range(rng.integers(2, 6)):
            length = samples(0.2)
            modes = sum(gain * tone(np.full(length, ratio * panel)) * decay(length, 0.05 / ratio)
                        for ratio, gain in ((1, 1), (1.6, 0.6), (2.7, 0.4), (4.2, 0.3)))  # fmt: skip
            place(out, np.asarray(modes), time, rng.uniform(0.7, 1))
            place(out, _click(rng, 1800, 0.003), time, 0.3)
            time += rng.uniform(0.14, 0.25)
        time += rng.uniform(0.6, 1.2)
    return out


def church_bells(rng: np.random.Generator) -> Signal:
    """Two or three bells in turn, each with its hum, strike note and minor third."""
    out = np.zeros(LENGTH)
    notes = rng.uniform(280, 620) * np.array([1, 1.12, 1.26])[: rng.integers(2, 4)]
    bells = [_bell(rng, note) for note in notes]
    for number, time in enumerate(rhythm(rng, rng.uniform(0.6, 1.4), 0.05)):
        place(out, bells[number % len(bells)], time, rng.uniform(0.7, 1))
    return out


def _bell(rng: np.random.Generator, note: float) -> Signal:
    # (ratio to the strike note, loudness, seconds of decay); the clapper's clang is the short noise.
    partials = ((0.5, 0.5, 4), (1, 1, 2.5), (1.2, 0.7, 2), (1.5, 0.4, 1.5), (2, 0.8, 1.2), (2.5, 0.3, 0.7),
                (3, 0.3, 0.5), (4.2, 0.25, 0.3), (5.4, 0.2, 0.2), (6.8, 0.15, 0.15))  # fmt: skip
    bell = 0.5 * noise(rng, band(1500, 7000)) * decay(LENGTH, 0.02)
    for ratio, loud, seconds in partials:
        # Each partial is a pair a hair apart: the bell beats.
        pair = tone(np.full(LENGTH, note * ratio)) + tone(np.full(LENGTH, note * ratio * 1.0015))
        bell += loud * pair * decay(LENGTH, seconds, 0.003)
    return bell
