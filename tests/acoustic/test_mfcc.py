"""The features, against the definition written out: no Fourier transform, no matrix products."""

import math

import numpy as np
import pytest

from stages.acoustic.mfcc import frames_of, mfcc


def by_definition(samples, frame):
    """A frame's 26 coefficients."""
    part = np.zeros(512)
    here = samples[320 * frame : 320 * frame + 512] / 32768
    part[: len(here)] = here
    n = np.arange(512)
    windowed = part * (0.5 - 0.5 * np.cos(2 * np.pi * n / 512))
    magnitudes = [abs(np.sum(windowed * np.exp(-2j * np.pi * n * k / 512))) for k in range(257)]

    def mel(hertz):
        return 1127 * math.log(1 + hertz / 700)

    width = (mel(8000) - mel(20)) / 41
    centres = [mel(20) + width * (band + 1) for band in range(40)]
    energies = [0.0] * 40
    # Bins are 31.25 Hz apart; TensorFlow begins at int(1.5 + 20 / 31.25).
    for k in range(2, 257):
        for band, centre in enumerate(centres):
            share = 1 - abs(mel(31.25 * k) - centre) / width
            energies[band] += max(0.0, share) * magnitudes[k]
    logs = [math.log(max(energy, 1e-12)) for energy in energies]
    return [
        math.sqrt(2 / 40) * sum(logs[j] * math.cos(math.pi / 40 * i * (j + 0.5)) for j in range(40))
        for i in range(26)
    ]


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(0, 1), (100, 1), (511, 1), (512, 2), (831, 2), (832, 3), (16_000, 50), (32_000, 100)],
)
def test_the_last_window_is_always_filled_up(samples, frames):
    assert frames_of(samples) == frames
    assert mfcc(np.zeros(samples, np.int16)).shape == (frames, 26)


def test_silence_is_the_floor_in_every_band():
    expected = np.zeros(26)
    expected[0] = math.sqrt(2 / 40) * 40 * math.log(1e-12)
    np.testing.assert_allclose(mfcc(np.zeros(1000, np.int16)), [expected] * 3, atol=1e-4)


def test_noise_and_tones_have_the_coefficients_of_the_definition():
    rng = np.random.default_rng(0)
    tone = 9000 * np.sin(2 * np.pi * 440 * np.arange(900) / 16_000)
    samples = np.concatenate([rng.normal(0, 3000, 900), tone]).astype(np.int16)
    found = mfcc(samples)
    assert len(found) == 6
    for frame, coefficients in enumerate(found):
        np.testing.assert_allclose(coefficients, by_definition(samples.astype(float), frame), atol=2e-3)
