import pytest
import torch
import torch.nn.functional as F

from stages.common.params.networks import SpeechEncoder
from stages.networks.audio import AudioEncoder, FirstEncoder, normalised
from stages.networks.conv import Conv
from tests.networks.conftest import BANDS, SPEECH, batch, prefix

PAPER = SpeechEncoder(normalise="utterance", width=8, strides=(2, 2), projection=0, residual_strides=(2, 2))


def test_each_band_is_normalised_over_the_real_frames():
    mels = torch.tensor([[[1.0, 5.0], [3.0, 5.0], [100.0, -100.0]]])
    found = normalised(mels, prefix([2, 3])[:1])
    torch.testing.assert_close(found, torch.tensor([[[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]))


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2), (3, 2), (1, 1), (7, 4), (16, 8)])
def test_a_convolution_is_torchs_with_both_edges_padded(kernel, stride):
    torch.manual_seed(0)
    ours, x = Conv(3, 5, kernel, stride), torch.randn(2, 11, 3)
    y, mask = ours(x, prefix([11, 6]))
    left = max(0, (kernel - stride) // 2)
    wanted = F.conv1d(F.pad(x.transpose(1, 2), (left, 2 * kernel)), ours.conv.weight, ours.conv.bias, stride)
    torch.testing.assert_close(y, wanted.transpose(1, 2)[:, : y.shape[1]])
    assert y.shape[1] == -(-11 // stride)
    assert mask.sum(1).tolist() == [-(-11 // stride), -(-6 // stride)]


def test_the_first_encoder_gives_one_step_for_four_frames():
    encoder = FirstEncoder(BANDS, PAPER)
    steps, mask = encoder(batch("speech", [21, 9]))
    assert steps.shape == (2, 6, 8)
    assert mask.sum(1).tolist() == [6, 3]
    assert not steps[~mask].any()


def test_the_tokens_are_shortened_again():
    encoder = AudioEncoder(FirstEncoder(BANDS, PAPER), 12, PAPER, dropout=0.1)
    tokens, mask = encoder(batch("speech", [64, 17]))
    assert tokens.shape == (2, 4, 12)
    assert mask.sum(1).tolist() == [4, 2]


def test_a_context_knows_nothing_of_later_latents():
    encoder = FirstEncoder(BANDS, PAPER)
    latents, mask = torch.randn(1, 6, 8), prefix([6])
    before = encoder.contexts(latents, mask)
    latents[:, 4:] = 0
    after = encoder.contexts(latents, mask)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_latents_behind_a_projection_have_both_signs(layers):
    torch.manual_seed(0)
    encoder = FirstEncoder(BANDS, SPEECH.model_copy(update={"projection": layers})).eval()
    inputs = batch("speech", [23, 9])
    latents, mask = encoder.latents(inputs.query, inputs.query_mask)
    assert bool((latents[mask] < 0).any()) == (layers > 0)
    assert not latents[~mask].any()
