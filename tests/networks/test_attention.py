import pytest
import torch
from torch import nn

from stages.networks import additive
from stages.networks.additive import additive_scores
from stages.networks.attention import SIMILARITIES, Additive, ContextQueryAttention, Trilinear
from stages.networks.self_attention import MultiHead
from tests.networks.conftest import prefix


class Fixed(nn.Module):
    """A similarity given by hand."""

    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self.scores = scores

    def forward(self, *_: torch.Tensor) -> torch.Tensor:
        return self.scores


def test_context_query_attention_by_hand():
    # Two frames and two tokens of width 1; the third of each is padding and would tip every sum.
    video = torch.tensor([[[1.0], [3.0], [50.0]]])
    query = torch.tensor([[[2.0], [6.0], [70.0]]])
    three = torch.log(torch.tensor(3.0)).item()
    attention = ContextQueryAttention(1, "dot")
    attention.similarity = Fixed(torch.tensor([[[three, 0.0, 9.0], [0.0, 0.0, 9.0], [9.0, 9.0, 9.0]]]))
    attention.fuse.weight.data = torch.tensor([[1.0, 10.0, 100.0, 1000.0]])
    attention.fuse.bias.data.zero_()
    mask = prefix([2, 3])[:1]
    found = attention(video, mask, query, mask)
    # S_r = [[3/4, 1/4], [1/2, 1/2]], S_c = [[3/4, 1/2], [1/4, 1/2]]
    # β1 = S_r A = [3, 4]; S_cᵀ V = [3/2, 2]; β2 = S_r S_cᵀ V = [13/8, 7/4]
    # V + 10 β1 + 100 V ⊙ β1 + 1000 V ⊙ β2
    wanted = [1 + 30 + 300 + 1625, 3 + 40 + 1200 + 5250]
    torch.testing.assert_close(found[0, :2, 0], torch.tensor(wanted).float())


def test_trilinear_similarity_by_hand():
    similarity = Trilinear(2)
    similarity.video.data = torch.tensor([1.0, 2.0])
    similarity.query.data = torch.tensor([3.0, 4.0])
    similarity.both.data = torch.tensor([5.0, 6.0])
    found = similarity(torch.tensor([[[1.0, 1.0]]]), torch.tensor([[[1.0, 0.0], [1.0, 2.0]]]))
    # w_v·v = 3; w_a·a = 3 and 11; w_va·(v ⊙ a) = 5 and 17
    torch.testing.assert_close(found, torch.tensor([[[11.0, 31.0]]]))


def naive(a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.tanh(a[:, :, None] + b[:, None]) @ weight


def test_additive_similarity_without_the_big_tensor_equals_it_with(monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(additive, "BLOCK", 2 * 4 * 5 * 6)  # two rows at a time, of three
    # Large arguments too: there the exponentials alone would overflow.
    given = [torch.randn(3, 4, 6) * 10, torch.randn(3, 5, 6) * 10, torch.randn(6)]
    given = [x.requires_grad_() for x in given]
    found, wanted = additive_scores(*given), naive(*given)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    direction = torch.randn_like(wanted)
    found_grads = torch.autograd.grad(found, given, direction)
    wanted_grads = torch.autograd.grad(wanted, given, direction)
    for one, other in zip(found_grads, wanted_grads, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_additive_similarity_stays_finite_at_the_edge():
    far = torch.tensor([[[1e4, -1e4]]])
    found = additive_scores(far, far, torch.tensor([1.0, 10.0]))
    torch.testing.assert_close(found, torch.tensor([[[-9.0]]]))


@pytest.mark.parametrize("kind", SIMILARITIES)
def test_a_query_of_padding_adds_nothing(kind):
    torch.manual_seed(0)
    attention = ContextQueryAttention(4, kind)
    video, query = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    none = torch.zeros(1, 2, dtype=torch.bool)
    found = attention(video, prefix([3]), query, none)
    alone = torch.cat([video, torch.zeros(1, 3, 12)], -1)
    torch.testing.assert_close(found, attention.fuse(alone))


def test_additive_weights_are_the_ones_of_the_formula():
    torch.manual_seed(0)
    similarity = Additive(4)
    video, query = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    wanted = naive(similarity.video(video), similarity.query(query), similarity.weight)
    torch.testing.assert_close(similarity(video, query), wanted)


def test_self_attention_is_torchs():
    torch.manual_seed(0)
    ours, theirs = MultiHead(8, 2), nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.in_proj_weight.data.copy_(ours.project.weight.data)
    theirs.in_proj_bias.data.copy_(ours.project.bias.data)
    theirs.out_proj.weight.data.copy_(torch.eye(8))
    theirs.out_proj.bias.data.zero_()
    x, mask = torch.randn(2, 5, 8), prefix([5, 3])
    torch.testing.assert_close(ours(x, mask), theirs(x, x, x, key_padding_mask=~mask)[0])
    assert torch.isfinite(ours(x, torch.zeros_like(mask))).all()
