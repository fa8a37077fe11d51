"""Random draws that depend on names, never on order: the same for any worker count."""

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A generator for one purpose, e.g. `generator(seed, "mix", query_id)`."""
    key = "\x1f".join(str(name) for name in (seed, *names))
    return np.random.default_rng(list(hashlib.sha256(key.encode()).digest()))
