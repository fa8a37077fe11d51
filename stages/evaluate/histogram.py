"""How the IoU of the first moment spreads: data for a DVC bar plot."""

import numpy as np
from jaxtyping import Float

BINS = 10


def iou_histogram(iou: Float[np.ndarray, " queries"]) -> list[dict[str, str | int]]:
    """Queries per tenth of IoU; the last bin holds IoU 1 too."""
    # The borders are the floats that the thresholds are compared with, so bin and hit agree.
    borders = [number / BINS for number in range(1, BINS)]
    counts = np.bincount(np.digitize(iou, borders), minlength=BINS)
    return [
        {"IoU": f"{number / BINS:.1f}-{(number + 1) / BINS:.1f}", "count": int(count)}
        for number, count in enumerate(counts)
    ]
