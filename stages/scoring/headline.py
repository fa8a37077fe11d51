"""The few figures that DVC compares: `metrics/<row>.json`, each a line of `dvc metrics show`.

All figures of a row stand in `metrics/stages/evaluate-<row>.json`. More keys here would make that line, and
those of `dvc metrics diff`, wider than a terminal of 100 columns.
"""

from stages.scoring.metrics import MOMENTS, Metrics, metric_key

HEADLINE = [
    "mIoU",
    *(metric_key(1, threshold) for threshold in (0.3, 0.5, 0.7)),
    *(metric_key(MOMENTS, threshold) for threshold in (0.5, 0.7)),
]


def headline(metrics: Metrics) -> Metrics:
    """What DVC compares of all figures of a row."""
    return {key: metrics[key] for key in HEADLINE}
