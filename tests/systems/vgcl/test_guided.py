"""At grounding time VGCL sees the whole video and gets no moment."""

import inspect
from dataclasses import fields, replace

import torch
from torch import nn

from stages.common.params.networks import BaseNetwork
from stages.networks.audio import AudioEncoder, FirstEncoder
from stages.networks.interface import Inputs
from stages.systems.vgcl.base import Base
from stages.systems.vgcl.guided import GuidedEncoder
from stages.systems.vgcl.pretraining import Cpc, Vgcl
from tests.networks.conftest import (
    BANDS,
    BASE,
    FEATURES,
    FRAMES,
    PRETRAINING,
    SPEECH,
    batch,
    guide,
    objective,
)

LENGTHS = [23, 9, 16]


def guided(seed: int = 0) -> GuidedEncoder:
    torch.manual_seed(seed)
    return GuidedEncoder(BANDS, SPEECH, FEATURES, guide())


def grounding() -> Base:
    encoder = AudioEncoder(guided(), 16, SPEECH, 0.0)
    return Base(BaseNetwork.model_validate({**BASE, "dropout": 0.0}), FEATURES, encoder)


def pretrained() -> Vgcl:
    torch.manual_seed(5)
    return Vgcl(BANDS, SPEECH, FEATURES, PRETRAINING, guide())


def test_no_argument_on_the_way_to_the_scores_holds_a_moment():
    given = {"video", "video_mask", "query", "query_mask", "video_of"}
    assert {field.name for field in fields(Inputs)} == given
    for module in (Base, AudioEncoder, GuidedEncoder, FirstEncoder):
        assert list(inspect.signature(module.forward).parameters) == ["self", "inputs"]


def test_it_computes_what_vgcl_does_with_the_whole_video_and_not_with_the_moment():
    taught, encoder, inputs = pretrained().eval(), guided().eval(), batch("speech", LENGTHS)
    encoder.load_state_dict(
        {name: weight for name, weight in taught.state_dict().items() if not name.startswith("contrast.")}
    )

    def contexts(window: list[float]) -> torch.Tensor:
        windows = torch.tensor([window]).expand(len(LENGTHS), 2)
        latents, mask = taught.encoder.latents(inputs.query, inputs.query_mask)
        return taught.encoder.contexts(taught.guide(latents, mask, inputs, windows), mask)

    found, _ = encoder(inputs)
    torch.testing.assert_close(found, contexts([0.0, 1.0]))
    assert (found - contexts([0.2, 0.5])).abs().max() > 1e-3


def test_every_frame_of_the_video_reaches_the_contexts():
    inputs = batch("speech", LENGTHS)
    video = inputs.video.clone().requires_grad_()
    guided()(replace(inputs, video=video))[0].sum().backward()
    assert video.grad.any(2).all()


def test_scores_do_not_depend_on_the_moment_that_the_loss_is_given_but_by_the_weights():
    network, untaught, inputs = grounding(), grounding(), batch("speech", LENGTHS)
    untaught.load_state_dict(network.state_dict())
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
    for start, end in ((0.1, 0.3), (0.6, 0.9)):
        optimiser.zero_grad()
        scores = network(inputs)
        terms = objective(network)(scores, torch.full((3,), start), torch.full((3,), end))
        terms["total"].backward()
        optimiser.step()
    assert (network(inputs).start - untaught(inputs).start).abs().max() > 1e-3
    # Whoever has the weights, and was never given a moment, says the same.
    with torch.no_grad():
        for own, taught in zip(untaught.parameters(), network.parameters(), strict=True):
            own.copy_(taught)
    assert torch.equal(untaught(inputs).start, network(inputs).start)
    # Outside training its means of what it saw count too.
    untaught.load_state_dict(network.state_dict())
    assert torch.equal(untaught.eval()(inputs).start, network.eval()(inputs).start)


def test_pretrained_weights_load_by_name_into_a_grounding_network():
    taught = {name: weight for name, weight in pretrained().state_dict().items() if "contrast" not in name}
    network = grounding()
    network.query.first.load_state_dict(taught)
    held = network.state_dict()
    assert all(torch.equal(held[f"query.first.{name}"], weight) for name, weight in taught.items())

    torch.manual_seed(5)
    cpc = Cpc(BANDS, SPEECH, PRETRAINING).encoder.state_dict()
    plain = FirstEncoder(BANDS, SPEECH)
    plain.load_state_dict(cpc)
    assert {name for name in taught if name.startswith("encoder.")} == {f"encoder.{name}" for name in cpc}


def test_a_silent_query_or_a_missing_video_gives_no_nan():
    network, inputs = grounding(), batch("speech", LENGTHS)
    silent = replace(
        inputs,
        query_mask=inputs.query_mask & torch.tensor([[True], [False], [True]]),
        video_mask=torch.arange(FRAMES) < torch.tensor([[FRAMES], [3], [0]]),
    )
    scores = network(silent)
    objective(network)(scores, torch.tensor([0.1] * 3), torch.tensor([0.5] * 3))["total"].backward()
    assert torch.isfinite(scores.start).all()
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_a_video_encoded_once_serves_all_its_queries():
    network: nn.Module = guided()
    videos, queries = batch("speech", [4, 4], [FRAMES, 6]), batch("speech", LENGTHS)
    video_of = torch.tensor([1, 0, 1])
    once = replace(queries, video=videos.video, video_mask=videos.video_mask, video_of=video_of)
    many = replace(queries, video=videos.video[video_of], video_mask=videos.video_mask[video_of])
    torch.testing.assert_close(network(once)[0], network(many)[0])


def test_a_video_that_was_seen_guides_as_if_it_were_seen_anew():
    network, inputs = grounding().eval(), batch("speech", LENGTHS)
    seen = network.see(inputs)
    found = network.ask(replace(inputs, video=torch.full_like(inputs.video, float("nan"))), seen)
    torch.testing.assert_close(found.start, network(inputs).start)
    other = network.see(batch("speech", LENGTHS, seed=1))
    exchanged = replace(seen, within=other.within)
    # The speech encoder looks at what the guide has seen, not at what the network has.
    assert (network.ask(inputs, exchanged).start - found.start).abs().max() > 1e-4
