import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.networks.masks import backwards, masked_softmax, zero_padding
from tests.networks.conftest import prefix


def test_softmax_shares_out_over_real_places_only():
    scores = torch.tensor([[0.0, 0.0, 9.0], [torch.log(torch.tensor(3.0)), 0.0, -9.0]])
    weights = masked_softmax(scores, prefix([2, 2, 3])[:2], 1)
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.5, 0.0], [0.75, 0.25, 0.0]]))


def test_softmax_over_padding_alone_is_zero_and_so_is_its_gradient():
    scores = torch.randn(2, 3, requires_grad=True)
    weights = masked_softmax(scores, torch.zeros(2, 3, dtype=torch.bool), 1)
    weights.sum().backward()
    assert not weights.any()
    assert not scores.grad.any()


def test_padding_becomes_zero_even_where_it_is_not_a_number():
    x = torch.full((1, 3, 2), float("nan"))
    x[:, :1] = 1.0
    assert zero_padding(x, prefix([1, 3])[:1]).sum() == 2


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_backwards_reverses_each_item_within_its_own_length(lengths):
    x = torch.arange(len(lengths) * 6).view(-1, 6, 1).float()
    mask = torch.arange(6) < torch.tensor(lengths)[:, None]
    flipped = backwards(x, mask)
    for row, length in enumerate(lengths):
        assert torch.equal(flipped[row, :length], x[row, :length].flip(0))
        assert torch.equal(flipped[row, length:], x[row, length:])
