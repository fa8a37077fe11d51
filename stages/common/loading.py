"""From shards to batches: fixed video grids, queries of any length, and masks that say what is padding."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float


def mean_over_bins(features: Float[np.ndarray, "t d"], frames: int) -> Float[np.ndarray, "frames d"]:
    """T features as `frames` means over equal parts of the video; a part without one takes the nearest."""
    count = len(features)
    edges = np.round(np.arange(frames + 1) / frames * count).astype(np.int64)
    first = np.minimum(edges[:-1], count - 1)
    last = np.maximum(edges[1:], first + 1)
    totals = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0, dtype=np.float64)])
    return ((totals[last] - totals[first]) / (last - first)[:, None]).astype(np.float32)


def pad(
    arrays: Sequence[Float[np.ndarray, "_ d"]], longest: int
) -> tuple[Float[np.ndarray, "batch length d"], Bool[np.ndarray, "batch length"]]:
    """Arrays cut to `longest` rows, padded with zeros to one length; the mask is True on content."""
    lengths = np.array([min(len(array), longest) for array in arrays])
    values = np.zeros((len(arrays), int(lengths.max()), arrays[0].shape[1]), dtype=np.float32)
    for row, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
        values[row, :length] = array[:length]
    return values, np.arange(values.shape[1])[None] < lengths[:, None]
