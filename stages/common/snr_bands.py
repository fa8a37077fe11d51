"""Queries by the loudness of their noise."""

import numpy as np
from jaxtyping import Bool, Float

# From one band to the next the noise has twice the power. Where all bands would be few: a third of that.
_BAND_DB, _NARROW_BAND_DB, _FEW = 3, 1, 3


def snr_bands(snr_db: Float[np.ndarray, " queries"]) -> dict[str, Bool[np.ndarray, " queries"]]:
    """The queries of each band that has any, e.g. of "3 to 6 dB"; NaN is clean speech."""
    # Noise that happened to be silence leaves speech clean, at infinite dB.
    clean = ~np.isfinite(snr_db)
    found = {"clean": clean} if clean.any() else {}
    width = _BAND_DB
    if len(np.unique(np.floor(snr_db[~clean] / width))) < _FEW:
        width = _NARROW_BAND_DB
    bands = np.floor(snr_db / width)
    for band in np.unique(bands[~clean]).astype(int):
        found[f"{band * width} to {(band + 1) * width} dB"] = bands == band
    return found
