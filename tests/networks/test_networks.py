"""What holds for every network."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from stages.common.errors import UserError
from stages.networks.interface import EdgeScores, Inputs, asked, seen_by
from stages.systems.vgcl.objective import InsideScores
from stages.systems.vslnet.objective import HighlightScores
from tests.networks.conftest import FEATURES, FRAMES, batch, make, objective

LENGTHS = [23, 9, 16, 1]


def warmed_up(network: nn.Module, query: str) -> nn.Module:
    """After a few batches: the norms' statistics are no longer zero and one."""
    for seed in range(3):
        network(batch(query, LENGTHS, seed=seed))
    return network.eval()


def together(scores: EdgeScores) -> torch.Tensor:
    parts = [scores.start, scores.end]
    if isinstance(scores, InsideScores) and scores.inside is not None:
        parts.append(scores.inside)
    if isinstance(scores, HighlightScores) and scores.highlight is not None:
        parts.append(scores.highlight[:, None])
    return torch.cat(parts, 1)


def test_scores_have_a_row_per_query_and_a_place_per_frame(case):
    network, query = case
    scores = network(batch(query, LENGTHS))
    assert scores.start.shape == scores.end.shape
    assert scores.start.shape[::2] == (len(LENGTHS), FRAMES)
    for distribution in scores.distributions():
        torch.testing.assert_close(distribution.sum(1), torch.ones(len(LENGTHS)))


def test_an_answer_depends_on_its_own_query_and_video_alone(case):
    network, query = case
    network = warmed_up(network, query)
    frames = [FRAMES, 5, 7, 3]
    many = batch(query, LENGTHS, frames)
    scores = together(network(many))
    for row, (length, real) in enumerate(zip(LENGTHS, frames, strict=True)):
        # Alone and without padding; then with more padding than anything else needs.
        for more in (0, 37):
            alone = Inputs(
                video=torch.cat([many.video[row : row + 1, :real], torch.randn(1, more, FEATURES)], 1),
                video_mask=(torch.arange(real + more) < real)[None],
                query=torch.cat(
                    [many.query[row : row + 1, :length], torch.randn(1, more, many.query.shape[2])], 1
                ),
                query_mask=(torch.arange(length + more) < length)[None],
            )
            found = together(network(alone))[0, :, :real]
            torch.testing.assert_close(found, scores[row, :, :real], atol=1e-5, rtol=1e-5)


def without_dropout(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


def test_in_training_too_padding_changes_nothing(case):
    network, query = case
    network = without_dropout(network)
    one = batch(query, LENGTHS, [FRAMES, 5, 7, 3])
    loud = replace(
        one,
        video=one.video.masked_fill(~one.video_mask[..., None], 100.0),
        query=one.query.masked_fill(~one.query_mask[..., None], -100.0),
    )
    real = one.video_mask[:, None]
    torch.testing.assert_close(together(network(one)) * real, together(network(loud)) * real)


def test_a_video_encoded_once_serves_all_its_queries(case):
    network, query = case
    videos, queries = batch(query, [4, 4], [FRAMES, 6]), batch(query, LENGTHS)
    video_of = torch.tensor([1, 0, 0, 1])
    once = replace(queries, video=videos.video, video_mask=videos.video_mask, video_of=video_of)
    many = replace(queries, video=videos.video[video_of], video_mask=videos.video_mask[video_of])
    for mode in (without_dropout(network).train, network.eval):
        mode()
        apart = together(network(many))
        torch.testing.assert_close(together(network(once)), apart, atol=1e-5, rtol=1e-5)


def test_a_video_that_was_seen_is_asked_as_if_it_were_seen_anew(case):
    network, query = case
    network = warmed_up(network, query)
    videos, queries = batch(query, [4, 4], [FRAMES, 6]), batch(query, LENGTHS)
    inputs = replace(
        queries, video=videos.video, video_mask=videos.video_mask, video_of=torch.tensor([1, 0, 0, 1])
    )
    seen = network.see(inputs)
    unseen = replace(inputs, video=torch.full_like(inputs.video, float("nan")))
    for rows in ([0, 1, 2, 3], [3], [1]):
        some = replace(
            unseen,
            query=inputs.query[rows],
            query_mask=inputs.query_mask[rows],
            video_of=inputs.video_of[rows],
        )
        found, anew = network.ask(some, seen), network(inputs)
        torch.testing.assert_close(found.start, anew.start[rows], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found.end, anew.end[rows], atol=1e-5, rtol=1e-5)


def test_a_network_need_not_see_videos_before_it_is_asked(case):
    network, query = case
    inputs = batch(query, LENGTHS)
    plain = warmed_up(nn.Sequential(network), query)
    assert seen_by(plain, inputs) is None
    assert torch.equal(asked(plain, inputs, None).start, network(inputs).start)


def test_silence_gives_a_finite_answer_and_finite_gradients(case):
    network, query = case
    silent = batch(query, [7, 7])
    silent = replace(silent, query_mask=torch.tensor([[True] * 7, [False] * 7]))
    scores = network(silent)
    objective(network)(scores, torch.tensor([0.1, 0.2]), torch.tensor([0.5, 0.6]))["total"].backward()
    assert torch.isfinite(together(scores)).all()
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_every_weight_learns(case):
    network, query = case
    terms = objective(network)(
        network(batch(query, LENGTHS)), torch.tensor([0.1] * 4), torch.tensor([0.5] * 4)
    )
    terms["total"].backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    assert [name for name, grad in gradients.items() if grad is None or not grad.any()] == []


def test_one_batch_is_learned_by_heart(case):
    network, query = case
    network = without_dropout(network)
    inputs = batch(query, [20] * 6, [FRAMES] * 6)
    start, end = torch.tensor([0, 1, 2, 3, 4, 5]) / 9, torch.tensor([3, 7, 4, 9, 6, 8]) / 9
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 150)
    for _ in range(150):
        loss = objective(network)(network(inputs), start, end)["total"]
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        falling.step()
    soft = getattr(network.params, "labels", "hard") == "soft"
    # Against soft labels the cross-entropy can't fall below their entropy.
    assert loss < (2.0 if soft else 0.1)
    p_start, p_end = network(inputs).distributions()
    assert p_start.argmax(1).tolist() == [0, 1, 2, 3, 4, 5]
    assert p_end.argmax(1).tolist() == [2, 6, 3, 8, 5, 7]


def test_the_same_seed_gives_the_same_bytes(case):
    network, query = case
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        network.zero_grad()
        scores = network(batch(query, LENGTHS))
        objective(network)(scores, torch.tensor([0.1] * 4), torch.tensor([0.5] * 4))["total"].backward()
        results.append([together(scores), *(weight.grad.clone() for weight in network.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_under_autocast_scores_and_losses_stay_in_fp32(case):
    network, query = case
    inputs = batch(query, LENGTHS)
    with torch.autocast("cpu", torch.bfloat16):
        scores = network(inputs)
        terms = objective(network)(scores, torch.tensor([0.1] * 4), torch.tensor([0.5] * 4))
    assert together(scores).dtype == torch.float32
    assert all(term.dtype == torch.float32 for term in terms.values())
    terms["total"].backward()
    exact = network.eval()(inputs)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = network(inputs)
    assert (together(exact) - together(rounded)).abs().max() < 0.1


def test_without_positions_or_order_the_video_still_has_a_direction():
    network = make("base", "text", positions=False).eval()
    inputs = batch("text", [5])
    turned = replace(inputs, video=inputs.video.flip(1))
    assert not torch.allclose(network(inputs).start, network(turned).start.flip(2), atol=1e-3)


def test_vslnet_says_how_long_a_query_it_can_take():
    with pytest.raises(UserError, match=r"a video or query of 65 steps, but networks.vsl.longest is 64"):
        make("vslnet", "text")(batch("text", [65]))
