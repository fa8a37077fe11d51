"""The curriculum of VGCL (§5.2-5.3, eq. 7): a window that grows from the moment to the whole video.

It has κ + 1 stages, 0 to κ, not κ. At stage 0 the window is the moment, at stage κ the whole video.
"""

import math
from bisect import bisect_right
from itertools import accumulate, pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from stages.common.params.pretraining import Curriculum

# With exponential pacing the steps spent grow tenfold per κ stages; logarithmic is its inverse.
_BASE = 10.0


def budgets(params: Curriculum, total: int) -> list[int]:
    """How many of `total` steps each of the stages 0..κ gets. They sum to `total`.

    VGCL names the paces and gives no formula. Let x be the share of stages that are over. Then the share of
    steps that are over is x, (10^x − 1) / 9 or log10(1 + 9x).
    """
    first = params.start if params.enabled else params.kappa
    stages = params.kappa + 1 - first
    over = [_over(params.pacing, stage / stages) for stage in range(stages + 1)]
    # One step each, where there are so many; the rest as the pace says.
    least = 1 if total >= stages else 0
    rest = total - least * stages
    wanted = [rest * (after - before) for before, after in pairwise(over)]
    steps = [least + math.floor(share) for share in wanted]
    # Largest remainder.
    by_remainder = sorted(range(stages), key=lambda stage: math.floor(wanted[stage]) - wanted[stage])
    for stage in by_remainder[: total - sum(steps)]:
        steps[stage] += 1
    return [0] * first + steps


def _over(pacing: str, x: float) -> float:
    if pacing == "exponential":
        return (_BASE**x - 1) / (_BASE - 1)
    if pacing == "logarithmic":
        return math.log(1 + (_BASE - 1) * x, _BASE)
    return x


def stage_of(step: int, budget: list[int]) -> int:
    """The stage t that a step belongs to; after the last step it stays κ."""
    return min(bisect_right(list(accumulate(budget)), step), len(budget) - 1)


def window(
    params: Curriculum,
    stage: int,
    start: Float[Tensor, " batch"],
    end: Float[Tensor, " batch"],
    gamma: Float[Tensor, "batch 2"],
) -> Float[Tensor, "batch 2"]:
    """M_l and M_r of eq. 7, as fractions of the video, for moments that are fractions too.

    `gamma` has a number in [0, 1] per sample and side, as in VGCL's code; eq. 7 has one number for both.
    At stage κ the window is the whole video: γ would keep it smaller and is not used, as in VGCL's code.
    """
    if stage >= params.kappa:
        reach = torch.ones_like(gamma)
    else:
        reach = stage / params.kappa * (gamma if params.random else torch.ones_like(gamma))
    edges = torch.stack([start, end], 1).clamp(0, 1).sort(1).values  # corpora hold moments that run backwards
    return torch.stack(
        [edges[:, 0] * (1 - reach[:, 0]), edges[:, 1] + reach[:, 1] * (1 - edges[:, 1])], 1
    ).clamp(0, 1)
