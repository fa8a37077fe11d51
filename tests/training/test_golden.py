"""Twenty losses of every method are those of the day they were written down.

The tolerance of a thousandth is for other processors, which add in another order; where these tests were
written the losses are equal to six digits.
"""

import json

import pytest

from tests.training.golden import GOLDEN, METHODS, STEPS, losses_of


@pytest.mark.parametrize("method", METHODS)
def test_the_first_losses_are_the_golden_ones(method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    golden = json.loads(GOLDEN.read_text())[method]
    assert len(golden) == STEPS
    assert losses_of(method, tmp_path) == pytest.approx(golden, rel=1e-3, abs=1e-3)
