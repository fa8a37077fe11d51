"""Where a method succeeds: the metrics by length of the moment and by loudness of the noise."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float

from stages.scoring.metrics import Metrics, QueryScores, mean_metrics

# Percent of the video. The quartiles of ActivityNet's test moments are 14, 29 and 46.
LENGTH_BORDERS = (0, 10, 20, 30, 50, 75, 100)
# From one band to the next the noise has twice the power.
SNR_BAND_DB = 3


def by_length(
    scores: QueryScores, truth: Float[np.ndarray, "queries 2"], duration: Float[np.ndarray, " queries"]
) -> dict[str, Metrics]:
    """The metrics of moments that cover so many percent of their video, e.g. "10-20%"."""
    percent = 100 * (np.minimum(truth[:, 1], duration) - truth[:, 0]) / duration
    bands = np.digitize(percent, LENGTH_BORDERS[1:-1])
    names = [f"{low}-{high}%" for low, high in pairwise(LENGTH_BORDERS)]
    return {
        name: mean_metrics(scores.only(bands == band))
        for band, name in enumerate(names)
        if (bands == band).any()
    }


def by_snr(scores: QueryScores, snr_db: Float[np.ndarray, " queries"]) -> dict[str, Metrics]:
    """The metrics of queries mixed at so many dB, e.g. "3 to 6 dB"; NaN is clean speech."""
    # Noise that happened to be silence leaves speech clean, at infinite dB.
    clean = ~np.isfinite(snr_db)
    found = {"clean": mean_metrics(scores.only(clean))} if clean.any() else {}
    bands = np.floor(snr_db / SNR_BAND_DB)
    for band in np.unique(bands[~clean]).astype(int):
        name = f"{band * SNR_BAND_DB} to {(band + 1) * SNR_BAND_DB} dB"
        found[name] = mean_metrics(scores.only(bands == band))
    return found
