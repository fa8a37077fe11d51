from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stages.systems.vgcl.curriculum import budgets, stage_of, window
from tests.networks.conftest import curriculum

PACINGS = ["linear", "exponential", "logarithmic"]


@pytest.mark.parametrize(
    ("pacing", "wanted"),
    [
        # Stages 0, 1, 2 and 300 steps, of which each has one: 3 + 297 · share, the largest remainder up.
        ("linear", [100, 100, 100]),
        # (10^⅓ − 1)/9 = 0.12827, (10^⅔ − 1)/9 = 0.40462: shares 0.12827, 0.27635, 0.59538
        ("exponential", [39, 83, 178]),
        # log10(4) = 0.60206, log10(7) = 0.84510: shares 0.60206, 0.24304, 0.15490
        ("logarithmic", [180, 73, 47]),
    ],
)
def test_budgets_by_hand(pacing, wanted):
    assert budgets(curriculum(kappa=2, pacing=pacing), 300) == wanted


cases = st.integers(1, 30).flatmap(lambda kappa: st.tuples(st.just(kappa), st.integers(0, kappa)))


@given(cases, st.sampled_from(PACINGS), st.integers(0, 3000))
def test_budgets_sum_to_the_total_and_follow_the_pace(case, pacing, total):
    kappa, start = case
    found = budgets(curriculum(kappa=kappa, start=start, pacing=pacing), total)
    assert len(found) == kappa + 1
    assert sum(found) == total
    assert found[:start] == [0] * start
    used = found[start:]
    assert min(used) >= (1 if total >= len(used) else 0)
    if pacing == "linear":
        assert max(used) - min(used) <= 1
    else:
        assert used == sorted(used, reverse=pacing == "logarithmic")


def test_each_step_has_its_stage():
    assert [stage_of(step, [0, 2, 1, 3]) for step in range(8)] == [1, 1, 2, 3, 3, 3, 3, 3]
    assert [stage_of(step, [1, 0, 1]) for step in range(3)] == [0, 2, 2]


@pytest.mark.parametrize("pacing", PACINGS)
def test_without_a_curriculum_all_steps_see_the_whole_video(pacing):
    budget = budgets(curriculum(kappa=3, pacing=pacing, enabled=False), 50)
    assert budget == [0, 0, 0, 50]
    assert {stage_of(step, budget) for step in range(50)} == {3}


def test_the_window_by_hand():
    start, end = torch.tensor([0.4, 0.4]), torch.tensor([0.6, 0.6])
    gamma = torch.tensor([[0.5, 1.0], [0.0, 0.25]])
    # Stage 5 of 10: half the way times γ, of 0.4 on either side.
    found = window(curriculum(), 5, start, end, gamma)
    torch.testing.assert_close(found, torch.tensor([[0.3, 0.8], [0.4, 0.65]]))
    found = window(curriculum(random=False), 5, start, end, gamma)
    torch.testing.assert_close(found, torch.tensor([[0.2, 0.8], [0.2, 0.8]]))


fraction = st.floats(0, 1, width=32)


@given(st.lists(st.tuples(fraction, fraction, fraction, fraction), min_size=1, max_size=5), st.booleans())
def test_the_window_grows_from_the_moment_to_the_whole_video(rows, random):
    start, end, left, right = torch.tensor(rows).T
    params, gamma = curriculum(kappa=7, random=random), torch.stack([left, right], 1)
    windows = [window(params, stage, start, end, gamma) for stage in range(8)]
    torch.testing.assert_close(windows[0], torch.stack([start.minimum(end), start.maximum(end)], 1))
    assert torch.equal(windows[7], torch.tensor([[0.0, 1.0]]).expand(len(rows), 2))
    for one, other in pairwise(windows):
        assert (other[:, 0] <= one[:, 0] + 1e-6).all()
        assert (other[:, 1] >= one[:, 1] - 1e-6).all()
        assert (other >= 0).all()
        assert (other <= 1).all()


def test_a_moment_beyond_the_videos_end_stays_within_it():
    for stage in range(11):
        found = window(curriculum(), stage, torch.tensor([0.9]), torch.tensor([1.2]), torch.rand(1, 2))
        assert found[0, 1] == 1
        assert 0.9 * (1 - stage / 10) - 1e-6 <= found[0, 0] <= 0.9


def test_the_first_stage_must_be_one():
    with pytest.raises(ValidationError, match="start: 11 is behind the last stage, kappa = 10"):
        curriculum(start=11)
