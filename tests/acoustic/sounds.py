"""Something to listen to."""

import numpy as np


def sound(samples, seed):
    """Hiss, and tones that come and go; int16."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples)
    tones = sum(np.sin(time * rng.uniform(0.05, 1)) * np.sin(time / rng.uniform(300, 2000)) for _ in range(3))
    return (800 * rng.standard_normal(samples) + 3000 * tones).astype(np.int16)
