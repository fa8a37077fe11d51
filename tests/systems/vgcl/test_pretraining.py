from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from stages.common.params.pretraining import Pretraining
from stages.systems.vgcl.aligned import Aligned
from stages.systems.vgcl.foretell import Foretell
from stages.systems.vgcl.pretraining import Batch, Cpc, Vgcl, VqCpc, cropped
from tests.networks.conftest import BANDS, FEATURES, PRETRAINING, SPEECH, batch, guide

LENGTHS = [40, 17, 33, 1]
KINDS = ["cpc", "vqcpc", "vgcl", "foretell", "aligned"]
LOOKING = ("vgcl", "foretell", "aligned")


def make(kind: str, params: Pretraining = PRETRAINING) -> nn.Module:
    torch.manual_seed(0)
    if kind == "cpc":
        return Cpc(BANDS, SPEECH, params)
    if kind == "vqcpc":
        return VqCpc(BANDS, SPEECH, params)
    if kind == "aligned":
        return Aligned(BANDS, SPEECH, FEATURES, params)
    if kind == "foretell":
        return Foretell(BANDS, SPEECH, FEATURES, params, guide())
    return Vgcl(BANDS, SPEECH, FEATURES, params, guide())


def pretraining_batch(lengths: list[int] = LENGTHS, seed: int = 0) -> Batch:
    size = len(lengths)
    window = torch.tensor([[0.2, 0.5]]).expand(size, 2)
    same_ids = torch.arange(size)[:, None].expand(size, 2)
    return Batch(batch("speech", lengths, seed=seed), same_ids, torch.zeros(size), window)


def test_long_utterances_are_cut_and_short_ones_left():
    inputs = batch("speech", [10, 3, 7, 6])
    found = cropped(inputs, 6, torch.tensor([1.0, 0.7, 0.4, 1.0]))
    assert found.query_mask.sum(1).tolist() == [6, 3, 6, 6]
    for row, first in enumerate([4, 0, 0, 0]):  # 0.4 of one frame's slack rounds to none
        real = found.query_mask[row]
        assert torch.equal(found.query[row, real], inputs.query[row, first : first + 6][: real.sum()])
    whole = cropped(inputs, 10, torch.ones(4))
    assert torch.equal(whole.query, inputs.query)
    assert torch.equal(whole.query_mask, inputs.query_mask)


@pytest.mark.parametrize("kind", KINDS)
def test_audio_steps_bound_the_speech_that_is_used(kind):
    # 3 latent steps are 12 frames; the part starts at the 28 frames before.
    short = make(kind, PRETRAINING.model_copy(update={"audio_steps": 3}))
    given = replace(pretraining_batch([40, 40]), place=torch.ones(2))
    late = replace(given, inputs=replace(given.inputs, query=given.inputs.query.clone()))
    late.inputs.query[:, :28] = 7.0
    assert short.eval().loss(given)["total"] == short.loss(late)["total"]
    late.inputs.query[:, 28:] = torch.randn(2, 12, BANDS)
    assert short.loss(given)["total"] != short.loss(late)["total"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_learns_and_figures_carry_no_gradient(kind):
    network = make(kind)
    terms = network.loss(pretraining_batch())
    terms["total"].backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    # A bias of all keys adds the same to every score.
    silent = [name for name, grad in gradients.items() if grad is None or not grad.any()]
    assert [name for name in silent if name != "guide.key.bias"] == []
    assert all(torch.isfinite(grad).all() for grad in gradients.values() if grad is not None)
    assert [name for name, term in terms.items() if term.requires_grad] == ["total"]
    figures = {"matched"} if kind == "aligned" else {"accuracy_1", "accuracy_2"}
    assert {"bound", *figures} < terms.keys()


def test_vqcpc_adds_its_commitment():
    terms = make("vqcpc").loss(pretraining_batch())
    torch.testing.assert_close(terms["total"].detach(), terms["infonce"] + 0.25 * terms["commitment"])
    assert 1 < terms["perplexity"] <= 4


def test_vgcl_predicts_the_latents_as_they_were_before_the_guide():
    network, given = make("vgcl").eval(), pretraining_batch()
    latents, mask = network.encoder.latents(given.inputs.query, given.inputs.query_mask)
    guided = network.guide(latents, mask, given.inputs, given.window)
    contexts = network.encoder.contexts(guided, mask)
    wanted = network.contrast(contexts, latents, mask, torch.eye(len(mask)) > 0).loss
    torch.testing.assert_close(network.loss(given)["total"], wanted)


def test_some_see_the_window_and_the_others_see_no_video():
    for kind in KINDS:
        network, given = make(kind).eval(), pretraining_batch()
        loss = network.loss(given)["total"]
        assert (network.loss(replace(given, window=None))["total"] != loss) == (kind in LOOKING)
        blind = replace(given, inputs=replace(given.inputs, video=torch.zeros_like(given.inputs.video)))
        assert (network.loss(blind)["total"] != loss) == (kind in LOOKING)


@pytest.mark.parametrize("kind", KINDS)
def test_one_batch_is_learned_by_heart(kind):
    network, given = make(kind), pretraining_batch([32] * 6)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    first = network.loss(given)
    for _ in range(60):
        terms = network.loss(given)
        optimizer.zero_grad()
        terms["total"].backward()
        optimizer.step()
    # Four codes can't distinguish six utterances: the bound is at most log(4), not log(6).
    assert first["bound"] < 0.1
    assert terms["bound"] > (0.4 if kind == "vqcpc" else 1.4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(kind):
    losses = []
    for _ in range(2):
        network = make(kind)
        losses.append(torch.stack([network.loss(pretraining_batch(seed=seed))["total"] for seed in range(3)]))
    assert torch.equal(*losses)


@pytest.mark.parametrize("kind", KINDS)
def test_under_autocast_the_terms_stay_in_fp32(kind):
    network = make(kind)
    with torch.autocast("cpu", torch.bfloat16):
        terms = network.loss(pretraining_batch())
    terms["total"].backward()
    assert all(term.dtype == torch.float32 for term in terms.values())
    assert all(torch.isfinite(term) for term in terms.values())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ahead": [1, 2, 1]}, "names a distance twice"),
        ({"ahead": [64]}, "64 steps can't be looked ahead in audio_steps = 64"),
        ({"ahead": []}, "at least 1 item"),
        ({"temperature": 0.0}, "temperature"),
        ({"negatives": "all"}, "negatives"),
    ],
)
def test_values_out_of_range_are_refused(changed, message):
    with pytest.raises(ValidationError, match=message):
        Pretraining.model_validate({**PRETRAINING.model_dump(), **changed})
