from dataclasses import replace

import pytest
import torch

from stages.common.params.networks import GuideNetwork
from stages.networks.interface import Inputs
from stages.systems.vgcl.guide import Guide
from tests.networks.conftest import FEATURES, batch, prefix
from tests.networks.conftest import guide as attention

WIDTH, STEPS = 8, 6


def make(params: GuideNetwork) -> Guide:
    torch.manual_seed(1)  # With 0, ReLU lets none of the eight channels through.
    return Guide(FEATURES, WIDTH, params)


def audio(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(batch, STEPS, WIDTH, generator=torch.Generator().manual_seed(1)), prefix(
        [STEPS, 4, 5][:batch]
    )


def spread(x: torch.Tensor) -> torch.Tensor:
    """LayerNorm of a vector, without its weights."""
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()


def test_eq_8_by_hand():
    guide = make(attention(self_attention=False))
    guide.heads = 1
    frames = torch.tensor([[2.0] * WIDTH, [-6.0] * WIDTH])
    guide.project = torch.nn.Identity()
    for layer in (guide.query, guide.key, guide.value):
        layer.bias.data.zero_()
    guide.query.weight.data.zero_()  # all scores are 0: every key weighs the same
    guide.value.weight.data = torch.diag(torch.tensor([1.0, -1.0] * (WIDTH // 2)))
    inputs = Inputs(frames[None], prefix([2]), torch.zeros(1, 4, 1), prefix([4]))
    latents, mask = audio(1)
    # The whole video and again its first half: (2 − 6 + 2) / 3 in every channel, its sign turned in every
    # second one, and ReLU on that.
    found = guide(latents, mask, inputs, torch.tensor([[0.0, 0.5]]))
    attended = torch.tensor([0.0, 2 / 3] * (WIDTH // 2))
    torch.testing.assert_close(found, spread(latents + attended))
    # Without a window each frame weighs the same: (2 − 6) / 2.
    attended = torch.tensor([0.0, 2.0] * (WIDTH // 2))
    torch.testing.assert_close(guide(latents, mask, inputs), spread(latents + attended))


@pytest.mark.parametrize("relu", [True, False])
def test_without_a_norm_the_latents_stay_as_they_are_but_for_what_they_found(relu):
    guide, inputs = make(attention(norm="none", relu=relu)), batch("speech", [8, 8, 8], [9, 5, 2])
    latents, mask = audio(3)
    found = (guide(latents, mask, inputs) - latents)[mask]
    assert found.abs().amax() > 0
    assert bool((found >= 0).all()) == relu
    # An empty video gives nothing to find.
    blind = replace(inputs, video_mask=torch.zeros_like(inputs.video_mask))
    torch.testing.assert_close(guide(latents, mask, blind)[mask], latents[mask])


def test_the_batch_norm_takes_its_statistics_of_real_steps_alone():
    guide, inputs = make(attention(norm="batch")).train(), batch("speech", [8, 8, 8], [9, 5, 2])
    latents, mask = audio(3)
    found = guide(latents, mask, inputs)
    torch.testing.assert_close(found[mask].mean(0), torch.zeros(WIDTH), atol=1e-5, rtol=0)
    torch.testing.assert_close(found[mask].var(0, correction=0), torch.ones(WIDTH), atol=1e-3, rtol=0)
    latents[~mask] = 100.0
    torch.testing.assert_close(guide(latents, mask, inputs), found)


SWITCHES = [
    {"entire_video": entire, "self_attention": itself, "mask": mask}
    for entire in (True, False)
    for itself in (True, False)
    for mask in ("before", "after")
]


@pytest.mark.parametrize("switches", SWITCHES)
def test_no_window_is_the_window_of_the_whole_video(switches):
    guide, inputs = make(attention(**switches)), batch("speech", [8, 8, 8], [9, 5, 2])
    latents, mask = audio(3)
    whole = torch.tensor([[0.0, 1.0]]).expand(3, 2)
    torch.testing.assert_close(guide(latents, mask, inputs), guide(latents, mask, inputs, whole))


@pytest.mark.parametrize("switches", SWITCHES)
def test_a_video_held_once_serves_all_its_queries_and_padding_none(switches):
    guide = make(attention(**switches))
    latents, mask = audio(3)
    once = replace(batch("speech", [8, 8, 8], [9, 5]), video_of=torch.tensor([1, 0, 1]))
    windows = torch.tensor([[0.0, 0.4], [0.3, 0.8], [0.5, 1.0]])
    many = replace(
        once, video=once.video[once.video_of], video_mask=once.video_mask[once.video_of], video_of=None
    )
    many = replace(many, video=many.video.masked_fill(~many.video_mask[..., None], float("nan")))
    for window in (None, windows):
        found = guide(latents, mask, once, window)
        torch.testing.assert_close(found, guide(latents, mask, many, window))
        assert not found[~mask].any()


def frames_that_matter(guide: Guide, inputs: Inputs, window: torch.Tensor) -> list[int]:
    video = inputs.video.clone().requires_grad_()
    latents, mask = audio(1)
    # Not the plain sum: after LayerNorm that is constant.
    guide(latents, mask, replace(inputs, video=video), window).square().cumsum(-1).sum().backward()
    return video.grad[0].any(1).nonzero()[:, 0].tolist()


@pytest.mark.parametrize("itself", [True, False])
def test_alone_the_window_lets_nothing_through_from_outside(itself):
    inputs, window = batch("speech", [8], [9]), torch.tensor([[3 / 9, 6 / 9]])
    guide = make(attention(entire_video=False, self_attention=itself))
    assert frames_that_matter(guide, inputs, window) == [3, 4, 5]
    guide = make(attention(entire_video=True, self_attention=itself))
    assert frames_that_matter(guide, inputs, window) == list(range(9))


def test_masked_after_self_attention_as_published_the_window_has_seen_all():
    guide = make(attention(entire_video=False, mask="after"))
    found = frames_that_matter(guide, batch("speech", [8], [9]), torch.tensor([[3 / 9, 6 / 9]]))
    assert found == list(range(9))


def test_the_window_makes_a_difference_beside_the_whole_video():
    guide, inputs = make(attention()), batch("speech", [8], [9])
    latents, mask = audio(1)
    left, right = (guide(latents, mask, inputs, torch.tensor([w])) for w in ([0.0, 0.3], [0.7, 1.0]))
    assert (left - right).abs().max() > 1e-3


def test_without_any_frame_the_audio_is_left_alone():
    guide = make(attention())
    inputs = batch("speech", [8], [9])
    blank = replace(inputs, video_mask=torch.zeros(1, 9, dtype=torch.bool))
    latents, mask = audio(1)
    latents.requires_grad_()
    for window in (None, torch.tensor([[0.2, 0.5]])):
        found = guide(latents, mask, blank, window)
        torch.testing.assert_close(found, spread(latents))
        (gradient,) = torch.autograd.grad(found[..., 0].sum(), latents)
        assert torch.isfinite(gradient).all()
