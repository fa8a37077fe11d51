"""The curriculum as it ran: how much of the video was seen at which step, for a DVC plot."""

import pandas as pd
import torch

from stages.common.params.pretraining import Curriculum
from stages.systems.vgcl.curriculum import stage_of, window
from stages.training.truth import Truth

_COLUMNS = ["step", "stage", "seen"]
_POINTS = 200


def schedule(params: Curriculum, budget: list[int], truth: Truth) -> pd.DataFrame:
    """The stage t and the mean share of the video in the window, over all queries and draws of γ."""
    rows = []
    for step in range(0, sum(budget), max(1, sum(budget) // _POINTS)):
        stage = stage_of(step, budget)
        # The window's edges are linear in γ, so its mean length is the length at γ's mean.
        edges = window(params, stage, truth.start, truth.end, torch.full((len(truth.start), 2), 0.5))
        rows.append((step, stage, round(100 * float((edges[:, 1] - edges[:, 0]).mean()), 2)))
    return pd.DataFrame(rows, columns=_COLUMNS)
