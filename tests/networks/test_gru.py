import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from stages.networks.gru import GRUs
from stages.networks.masks import zero_padding
from stages.networks.recurrence import recur
from tests.networks.conftest import prefix


def twins(hidden: int = 4) -> tuple[GRUs, nn.GRU]:
    """A pair of ours and the bidirectional `nn.GRU` with the same weights."""
    torch.manual_seed(0)
    ours, theirs = (
        GRUs(3, hidden, ("forward", "backward")),
        nn.GRU(3, hidden, batch_first=True, bidirectional=True),
    )
    for one, suffix in zip(ours.passes, ("", "_reverse"), strict=True):
        for name, weight in one.named_parameters():
            getattr(theirs, name + suffix).data.copy_(weight.data)
    return ours, theirs


def test_a_bidirectional_gru_over_padded_rows_is_torchs_over_packed_ones():
    ours, theirs = twins()
    lengths = [5, 2, 1]
    x = torch.randn(3, 5, 3, requires_grad=True)
    found = zero_padding(torch.cat(ours(x, prefix(lengths)), -1), prefix(lengths))
    packed, _ = theirs(pack_padded_sequence(x, torch.tensor(lengths), batch_first=True))
    wanted, _ = pad_packed_sequence(packed, batch_first=True)
    torch.testing.assert_close(found, wanted)

    direction = torch.randn_like(wanted)
    found_grads = torch.autograd.grad(found, [x, *ours.parameters()], direction)
    wanted_grads = torch.autograd.grad(wanted, [x, *theirs.parameters()], direction)
    for one, other in zip(found_grads, wanted_grads, strict=True):
        torch.testing.assert_close(one, other)


def test_the_recurrences_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    double = {"dtype": torch.double, "requires_grad": True}
    inputs = torch.randn(3, 2, 2, 6, **double)
    weight, bias = torch.randn(2, 6, 2, **double), torch.randn(2, 6, **double)
    # It overwrites what it is given.
    assert torch.autograd.gradcheck(lambda i, w, b: recur(i.clone(), w, b), (inputs, weight, bias))


def test_autocast_runs_the_recurrence_in_bf16_close_to_fp32():
    ours, _ = twins(hidden=16)
    x, mask = torch.randn(4, 20, 3), prefix([20] * 4)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = ours(x, mask)[0]
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), ours(x, mask)[0], atol=0.02, rtol=0.02)


def test_in_inference_mode_the_states_are_the_same_but_for_the_last_digits():
    ours, _ = twins(hidden=16)
    x, mask = torch.randn(4, 20, 3), prefix([20, 3, 7, 1])
    exact = torch.cat(ours(x, mask), -1)
    with torch.inference_mode():
        fast = torch.cat(ours(x, mask), -1)
        (forward,) = ours(x, mask, first=1)
    torch.testing.assert_close(zero_padding(fast, mask), zero_padding(exact, mask), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(forward, fast[..., :16], atol=1e-6, rtol=1e-5)


def test_in_inference_mode_bf16_rounds_as_ever():
    ours, _ = twins(hidden=16)
    x, mask = torch.randn(4, 20, 3), prefix([20] * 4)
    with torch.autocast("cpu", torch.bfloat16):
        trained = ours(x, mask)[0]
        with torch.inference_mode():
            assert torch.equal(ours(x, mask)[0], trained)
            (alone,) = ours(x.bfloat16(), mask, first=1)
        assert torch.equal(alone, ours(x.bfloat16(), mask)[0])
