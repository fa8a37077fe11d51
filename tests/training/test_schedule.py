"""The learning rate over a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.params import load_params
from stages.training.loop import lr_share
from tests.paths import ROOT

OPTIMISATION = load_params(ROOT / "params.yaml").ground


def rates(total, warmup, schedule):
    given = OPTIMISATION.model_copy(update={"warmup": warmup, "schedule": schedule})
    return [lr_share(step, total, given) for step in range(total)]


def test_by_hand():
    assert rates(4, 2, "constant") == [0.5, 1, 1, 1]
    falling = [1, 0.8535533905932737, 0.5, 0.1464466094067262]
    assert rates(4, 0, "cosine") == pytest.approx(falling)
    assert rates(6, 2, "cosine") == pytest.approx([0.5, 1, *falling])
    assert rates(5, 2, "inverse-sqrt") == pytest.approx([0.5, 1, (2 / 3) ** 0.5, 0.5**0.5, 0.4**0.5])


@pytest.mark.parametrize("schedule", ["cosine", "inverse-sqrt", "constant"])
def test_the_peak_is_the_rate_that_the_setting_names(schedule):
    assert max(rates(735, 100, schedule)) == 1
    assert max(rates(735, 0, schedule)) == 1


SCHEDULES = ["constant", "cosine", "inverse-sqrt"]


@given(st.integers(1, 400), st.integers(0, 500), st.sampled_from(SCHEDULES))
def test_it_rises_then_never_does_and_stays_above_zero(total, warmup, schedule):
    found = rates(total, warmup, schedule)
    assert all(0 < rate <= 1 for rate in found)
    rise, rest = found[: min(warmup, total)], found[max(0, warmup - 1) :]
    assert rest == sorted(rest, reverse=True)
    assert rise == sorted(rise)
    if schedule == "constant":
        assert set(rest) <= {1.0}
