"""How far mIoU would move with other test videos."""

import numpy as np
from jaxtyping import Float, Shaped

from stages.common.seeding import generator

# Resamples drawn at once: at ActivityNet's 4,885 videos a block takes 20 MB.
BLOCK = 500


def interval_over_videos(
    values: Float[np.ndarray, " queries"],
    video_ids: Shaped[np.ndarray, " queries"],
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean of `values`.

    Videos are drawn, each with all its queries: those share a video and are not independent. The draws
    depend on the seed and the set of videos alone, so all methods are judged on the same resamples.
    """
    videos, video = np.unique(video_ids, return_inverse=True)
    sums = np.bincount(video, weights=values)
    counts = np.bincount(video)
    draw = generator(seed, "evaluate", "bootstrap")
    evenly = np.full(len(videos), 1 / len(videos))
    means = []
    for at in range(0, resamples, BLOCK):
        times_drawn = draw.multinomial(len(videos), evenly, size=min(BLOCK, resamples - at))
        means.append((times_drawn @ sums) / (times_drawn @ counts))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)
