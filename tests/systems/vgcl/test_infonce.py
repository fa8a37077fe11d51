import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.systems.vgcl.infonce import InfoNce
from tests.networks.conftest import prefix


def identity(ahead: list[int], negatives: str, width: int = 1, temperature: float = 1.0) -> InfoNce:
    nce = InfoNce(width, ahead, negatives, temperature)
    for predict in nce.predict:
        predict.weight.data = torch.eye(width)
    return nce


def all_different(batch: int) -> torch.Tensor:
    return torch.eye(batch, dtype=torch.bool)


def test_against_the_batch_by_hand():
    contexts = torch.tensor([[[1.0], [9.0]], [[2.0], [9.0]]])
    latents = torch.tensor([[[9.0], [math.log(3)]], [[9.0], [0.0]]])
    found = identity([1], "batch")(contexts, latents, prefix([2, 2]), all_different(2))
    # For each context over the latents: 3 / (3 + 1) and 1 / (9 + 1). Over the contexts it would be
    # 3 / (3 + 9) and 1 / 2.
    loss = (math.log(4 / 3) + math.log(10)) / 2
    torch.testing.assert_close(found.loss, torch.tensor(loss))
    torch.testing.assert_close(found.bound, torch.tensor(math.log(2) - loss))
    assert found.accuracy[1] == 0.5


def test_against_the_utterances_other_steps_by_hand():
    latents = torch.log(torch.tensor([1.0, 2.0, 3.0, 50.0]))[None, :, None]
    found = identity([1], "sequence")(torch.ones(1, 4, 1), latents, prefix([3, 4])[:1], all_different(1))
    # 2 / (1 + 2 + 3), then 3 / (1 + 2 + 3); the fourth step is padding.
    torch.testing.assert_close(found.loss, torch.tensor((math.log(3) + math.log(2)) / 2))
    torch.testing.assert_close(found.bound, math.log(3) - found.loss)
    assert found.accuracy[1] == 0.5


def test_against_both_by_hand():
    latents = torch.log(torch.tensor([[1.0, 2.0], [5.0, 3.0]]))[..., None]
    found = identity([1], "both")(torch.ones(2, 2, 1), latents, prefix([2, 2]), all_different(2))
    # 2 / (2 + 3 + 1) and 3 / (3 + 2 + 5).
    torch.testing.assert_close(found.loss, torch.tensor((math.log(3) + math.log(10 / 3)) / 2))


def test_a_temperature_divides_the_scores():
    latents = torch.log(torch.tensor([[1.0, 4.0], [1.0, 1.0]]))[..., None]
    found = identity([1], "batch", temperature=2.0)(
        torch.ones(2, 2, 1), latents, prefix([2, 2]), all_different(2)
    )
    # √4 / (√4 + √1) and √1 / (√4 + √1).
    torch.testing.assert_close(found.loss, torch.tensor((math.log(3 / 2) + math.log(3)) / 2))


def naive(nce: InfoNce, contexts, latents, mask, same) -> tuple[float, dict[int, float]]:
    """Eq. 6, one position after the other."""
    losses, hits = [], {distance: [] for distance in nce.ahead}
    batch, steps = mask.shape
    for distance, predict in zip(nce.ahead, nce.predict, strict=True):
        for row in range(batch):
            for step in range(steps - distance):
                at = step + distance
                if not mask[row, at]:
                    continue
                negatives = []
                if nce.negatives != "sequence":
                    negatives += [
                        (j, at) for j in range(batch) if j != row and mask[j, at] and not same[row, j]
                    ]
                if nce.negatives != "batch":
                    negatives += [(row, s) for s in range(steps) if s != at and mask[row, s]]
                if not negatives:
                    continue
                predicted = predict.weight @ contexts[row, step] / nce.temperature
                scores = torch.stack([latents[j, s] @ predicted for j, s in [(row, at), *negatives]])
                losses.append(-torch.log_softmax(scores, 0)[0].item())
                hits[distance].append(float(scores[0] > scores[1:].max()))
    mean = {distance: sum(found) / max(1, len(found)) for distance, found in hits.items()}
    return sum(losses) / max(1, len(losses)), mean


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=4),
    st.sampled_from(["batch", "sequence", "both"]),
    st.sampled_from([[1], [2, 1], [3, 7]]),
    st.integers(0, 99),
)
def test_every_position_predicts_and_padding_and_same_ids_are_no_negatives(lengths, negatives, ahead, seed):
    torch.manual_seed(seed)
    batch = len(lengths)
    nce = InfoNce(3, ahead, negatives, 0.7)
    contexts, latents = torch.randn(2, batch, 5, 3)
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    ids = torch.randint(2, (batch,))
    same = ids == ids[:, None]
    found = nce(contexts, latents, mask, same)
    loss, accuracy = naive(nce, contexts, latents, mask, same)
    torch.testing.assert_close(found.loss.item(), loss, atol=1e-5, rtol=1e-4)
    assert {k: share.item() for k, share in found.accuracy.items()} == pytest.approx(accuracy)
    # What stands at padding is not looked at.
    loud = latents.masked_fill(~mask[..., None], 1e4)
    torch.testing.assert_close(nce(contexts, loud, mask, same).loss, found.loss)


def test_without_any_negative_there_is_nothing_to_learn_and_no_nan():
    nce, contexts = InfoNce(2, [1], "batch", 1.0), torch.randn(3, 4, 2, requires_grad=True)
    found = nce(contexts, torch.randn(3, 4, 2), prefix([4, 4, 4]), torch.ones(3, 3, dtype=torch.bool))
    found.loss.backward()
    assert found.loss == found.bound == found.accuracy[1] == 0
    assert not contexts.grad.any()


@pytest.mark.parametrize("negatives", ["batch", "sequence", "both"])
def test_collapsed_latents_hit_nothing_and_say_nothing(negatives):
    nce = InfoNce(4, [1, 3], negatives, 1.0)
    found = nce(torch.randn(5, 6, 4), torch.ones(5, 6, 4), prefix([6] * 5), all_different(5))
    assert found.accuracy == {1: 0, 3: 0}
    torch.testing.assert_close(found.bound, torch.tensor(0.0), atol=1e-5, rtol=0)


def test_contexts_that_know_all_reach_the_bound():
    # One-hot latents, no two alike in a step; the context is the next one, and certain of it.
    latents = torch.eye(4)[torch.tensor([[0, 1, 2], [1, 2, 3], [2, 3, 0], [3, 0, 1]])]
    contexts = 100 * latents.roll(-1, 1)
    found = identity([1], "both", width=4)(contexts, latents, prefix([3] * 4), all_different(4))
    assert found.accuracy[1] == 1
    torch.testing.assert_close(found.bound, torch.tensor(6.0).log())


def test_both_costs_steps_plus_batch_scores_a_position_and_not_their_product():
    nce, x = InfoNce(2, [1], "both", 1.0), torch.randn(64, 64, 2)
    found = nce._candidates(x[:, 1:], x, torch.ones(64, 64, dtype=torch.bool), all_different(64), 1)
    assert found.scores.shape == (64, 63, 64 + 64)


def test_under_autocast_the_loss_stays_in_fp32():
    nce = InfoNce(4, [1], "both", 1.0)
    x, mask = torch.randn(3, 5, 4), prefix([5, 5, 5])
    with torch.autocast("cpu", torch.bfloat16):
        rounded = nce(x, x, mask, all_different(3)).loss
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, nce(x, x, mask, all_different(3)).loss, atol=0.05, rtol=0.05)
