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
    assert rates(4, 0, "cosine") == pytest.approx([1, 0.8535533905932737, 0.5, 0.1464466094067262])


@given(st.integers(1, 400), st.integers(0, 500), st.sampled_from(["constant", "cosine"]))
def test_it_rises_then_never_does_and_stays_above_zero(total, warmup, schedule):
    found = rates(total, warmup, schedule)
    assert all(0 < rate <= 1 for rate in found)
    rise, rest = found[: min(warmup, total)], found[max(0, warmup - 1) :]
    assert rest == sorted(rest, reverse=True)
    if schedule == "constant":
        assert rise == sorted(rise)
        assert set(rest) <= {1.0}
