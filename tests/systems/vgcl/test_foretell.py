"""What `foretell` does that `vgcl` does not."""

from dataclasses import replace

import pytest
import torch

from stages.common.params.pretraining import Pretraining
from stages.systems.vgcl.foretell import Foretell
from tests.networks.conftest import BANDS, FEATURES, PRETRAINING, SPEECH, batch, guide
from tests.systems.vgcl.test_pretraining import pretraining_batch


def make(**own: object) -> Foretell:
    torch.manual_seed(0)
    content = PRETRAINING.model_dump()
    params = Pretraining.model_validate({**content, "foretell": {**content["foretell"], **own}})
    return Foretell(BANDS, SPEECH, FEATURES, params, guide())


def told(network: Foretell, given) -> torch.Tensor:
    latents, mask = network.encoder.latents(given.inputs.query, given.inputs.query_mask)
    return network._told(given, latents, mask)


def test_the_rest_at_a_step_is_made_of_what_follows_and_of_nothing_before():
    network, given = make().eval(), pretraining_batch([64, 64])
    latents, mask = network.encoder.latents(given.inputs.query, given.inputs.query_mask)
    before = network._told(given, latents, mask)
    changed = latents.clone()
    changed[:, 7] += 1
    after = network._told(given, changed, mask)
    assert torch.equal(after[:, 8:], before[:, 8:])
    assert (after != before).any(2)[:, :8].all()


def test_a_step_is_the_latent_there():
    network, given = make(target="step").eval(), pretraining_batch([64, 64])
    latents, _ = network.encoder.latents(given.inputs.query, given.inputs.query_mask)
    assert torch.equal(told(network, given), latents)
    assert network.rest is None


def test_what_is_told_is_clean_and_what_is_heard_is_not():
    network, given = make().eval(), pretraining_batch([64, 64])
    clean = batch("speech", [64, 64], seed=1).query
    assert torch.equal(told(network, replace(given, clean=clean)), told(network, replace(
        given, inputs=replace(given.inputs, query=clean))))  # fmt: skip
    loss = network.loss(given)["total"]
    assert network.loss(replace(given, clean=given.inputs.query))["total"] == loss
    assert network.loss(replace(given, clean=clean))["total"] != loss


def test_the_muted_are_told_from_the_video_and_from_nothing_that_is_heard():
    given, clean = pretraining_batch([64, 64]), batch("speech", [64, 64], seed=1).query
    other = replace(given.inputs, query=batch("speech", [64, 64], seed=2).query)
    for mute in (0.0, 0.999999):
        network = make(mute=mute)
        # On dev nobody is muted, so it is in training; but its norms have the statistics of training.
        for norm in network.encoder.modules():
            norm.training = False
        losses = [
            network.loss(replace(given, inputs=inputs, clean=clean))["total"]
            for inputs in (given.inputs, other)
        ]
        assert (losses[0] == losses[1]) == (mute > 0)
    network.eval()
    assert (
        network.loss(replace(given, clean=clean))["total"]
        != network.loss(replace(given, inputs=other, clean=clean))["total"]
    )


def test_the_blind_hear_and_see_nothing():
    given, clean = pretraining_batch([64, 64]), batch("speech", [64, 64], seed=1).query
    other = replace(given.inputs, video=given.inputs.video + 1)
    for blind in (0.0, 0.999999):
        network = make(blind=blind)
        for norm in network.encoder.modules():
            norm.training = False
        losses = []
        for inputs in (given.inputs, other):
            torch.manual_seed(0)
            losses.append(network.loss(replace(given, inputs=inputs, clean=clean))["total"])
        assert (losses[0] == losses[1]) == (blind > 0)


@pytest.mark.parametrize("own", [{"mute": 1.0}, {"target": "word"}, {"blind": 0.6, "mute": 0.5}])
def test_values_out_of_range_are_refused(own):
    with pytest.raises(ValueError, match=next(iter(own))):
        make(**own)
