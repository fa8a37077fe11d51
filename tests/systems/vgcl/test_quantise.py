import threading

import torch

from stages.networks.distributed import ProcessGroup, in_group
from stages.systems.vgcl.quantise import DEAD, Quantiser
from tests.networks.conftest import prefix


def with_codes(codes: list[float], decay: float = 0.5) -> Quantiser:
    quantiser = Quantiser(len(codes), 1, decay)
    column = torch.tensor(codes)[:, None]
    quantiser.codes.copy_(column)
    quantiser.sums.copy_(column)
    quantiser.counts.fill_(1)
    return quantiser


def test_frames_become_their_nearest_code_and_padding_zero():
    quantiser = with_codes([0.0, 10.0]).eval()
    x = torch.tensor([[[1.0], [8.0], [9.0]]], requires_grad=True)
    found = quantiser(x, prefix([2, 3])[:1])
    torch.testing.assert_close(found.frames, torch.tensor([[[0.0], [10.0], [0.0]]]))
    torch.testing.assert_close(found.commitment, torch.tensor((1.0 + 4.0) / 2))
    torch.testing.assert_close(found.perplexity, torch.tensor(2.0))  # both codes once
    # Straight through to the frame; commitment pulls towards the code.
    (through,) = torch.autograd.grad(found.frames.sum(), x, retain_graph=True)
    assert through.flatten().tolist() == [1, 1, 0]
    (pull,) = torch.autograd.grad(found.commitment, x)
    assert pull.flatten().tolist() == [1, -2, 0]


def test_codes_are_running_means_of_the_real_frames_that_chose_them():
    quantiser = with_codes([0.0, 10.0])
    found = quantiser(torch.tensor([[[1.0], [2.0], [12.0], [5000.0]]]), prefix([3, 4])[:1])
    # Decay 1/2: counts (1 + 2)/2 and (1 + 1)/2; sums (0 + 3)/2 and (10 + 12)/2.
    assert quantiser.counts.tolist() == [1.5, 1.0]
    torch.testing.assert_close(quantiser.codes[:, 0], torch.tensor([1.0, 11.0]))
    # exp of the entropy of (2/3, 1/3).
    torch.testing.assert_close(found.perplexity, torch.tensor(3 / 2 ** (2 / 3)))
    # The frames were given the codes as they were before.
    torch.testing.assert_close(found.frames[0, :3, 0], torch.tensor([0.0, 0.0, 10.0]))


def state(quantiser: Quantiser) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in quantiser.state_dict().items()}


def test_an_answer_changes_no_state():
    quantiser = with_codes([0.0, 10.0]).eval()
    before = state(quantiser)
    quantiser(torch.randn(2, 5, 1), prefix([5, 3]))
    assert all(torch.equal(before[name], tensor) for name, tensor in quantiser.state_dict().items())


def test_the_first_batch_gives_the_codes_and_the_seed_which():
    x, mask = torch.arange(12.0).view(2, 6, 1), prefix([6, 4])
    found = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        quantiser = Quantiser(5, 1, 0.9)
        frames = quantiser(x, mask).frames[mask].flatten()
        found.append(quantiser.codes.clone())
        # Five of the batch's real frames, all different, and so is the codebook.
        assert set(frames.tolist()) <= set(x[mask].flatten().tolist())
        assert len(set(frames.tolist())) == 5
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_code_that_nobody_chooses_is_put_on_a_frame_of_the_batch():
    quantiser = with_codes([0.0, 1000.0])
    x, mask = torch.tensor([[[-3.0], [3.0]]]), prefix([2])
    steps = 0
    while quantiser.counts[1] >= DEAD:
        quantiser(x, mask)
        steps += 1
    assert steps == 4  # 1/2, 1/4, 1/8, 1/16
    assert quantiser(x, mask).perplexity == 2
    assert abs(quantiser.codes[1]) == 3


def test_without_frames_everything_stays_finite():
    quantiser = Quantiser(3, 2, 0.9)
    for _ in range(2):
        found = quantiser(torch.randn(1, 4, 2, requires_grad=True), torch.zeros(1, 4, dtype=torch.bool))
        found.commitment.backward()
    assert not found.frames.any()
    assert found.commitment == 0
    assert torch.isfinite(quantiser.codes).all()


class Adder:
    """Adds up over threads that stand for processes."""

    def __init__(self, processes: int) -> None:
        self.barrier, self.lock, self.total = threading.Barrier(processes), threading.Lock(), None

    def __call__(self, x: torch.Tensor) -> None:
        with self.lock:
            self.total = x.clone() if self.total is None else self.total + x
        self.barrier.wait(10)
        x.copy_(self.total)
        if self.barrier.wait(10) == 0:
            self.total = None
        self.barrier.wait(10)


def in_two(quantisers: list[Quantiser], x: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
    found: list[torch.Tensor] = [torch.empty(0)] * 2
    parts = [slice(0, 1), slice(1, 3)]

    def work(rank: int) -> None:
        found[rank] = quantisers[rank](x[parts[rank]], mask[parts[rank]]).perplexity

    with in_group(ProcessGroup(Adder(2), 0, 2)):
        threads = [threading.Thread(target=work, args=(rank,)) for rank in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    return found


def test_two_processes_have_the_codes_of_one():
    torch.manual_seed(0)
    x, mask = torch.randn(3, 6, 1) * 5, prefix([6, 4, 1])
    alone, pair = with_codes([-4.0, 0.0, 4.0]), [with_codes([-4.0, 0.0, 4.0]) for _ in range(2)]
    wanted = alone(x, mask).perplexity
    for perplexity, quantiser in zip(in_two(pair, x, mask), pair, strict=True):
        torch.testing.assert_close(perplexity, wanted)
        torch.testing.assert_close(state(quantiser), state(alone))


def test_two_processes_revive_the_same_codes_on_frames_of_the_batch():
    torch.manual_seed(0)
    x, mask = torch.arange(18.0).view(3, 6, 1), prefix([6, 4, 1])
    pair = [Quantiser(4, 1, 0.999) for _ in range(2)]
    in_two(pair, x, mask)
    assert state(pair[0]).keys() == state(pair[1]).keys()
    torch.testing.assert_close(state(pair[0]), state(pair[1]), atol=0, rtol=0)
    assert 0 <= pair[0].codes.min() < pair[0].codes.max() <= 12
