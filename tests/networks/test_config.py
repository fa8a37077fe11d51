import pytest
from pydantic import ValidationError

from stages.common.params.networks import BaseNetwork
from tests.networks.conftest import BASE


def test_hidden_must_divide_into_chunks_and_heads():
    with pytest.raises(ValidationError, match="hidden: 24 must be a multiple of 2 × chunks × heads = 16"):
        BaseNetwork.model_validate({**BASE, "hidden": 24, "chunks": 4, "heads": 2})


@pytest.mark.parametrize(
    ("key", "value"),
    [("similarity", "cosine"), ("labels", "fuzzy"), ("dropout", 1.0), ("inside_weight", -1.0)],
)
def test_values_out_of_range_are_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        BaseNetwork.model_validate({**BASE, key: value})
