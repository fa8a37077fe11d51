"""The genuine library computes what PyTorch does: features, network, its state, probabilities."""

import pytest
import torch

from stages.acoustic import export
from stages.acoustic.alphabet import ALPHABET, as_labels
from stages.acoustic.export import as_model_file
from stages.acoustic.mfcc import mfcc
from stages.common.errors import DataError
from tests.acoustic.sounds import sound

# So many readings that none of weight is dropped: the confidence is then the whole probability of the text.
EVERY = 2048


def probability(network, features, text):
    """The logarithm of the probability of a text, over all its alignments."""
    with torch.no_grad():
        likely = network(torch.from_numpy(features)[None])[0].log_softmax(dim=1)
    labels = torch.from_numpy(as_labels(text))
    return -float(
        torch.nn.functional.ctc_loss(
            likely[:, None], labels[None], torch.tensor([len(likely)]), torch.tensor([len(labels)]), blank=28,
            reduction="sum",
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def model(runtime, network, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "acoustic.pbmm"
    path.write_bytes(as_model_file(network, 100))
    with runtime.model(path, None, EVERY) as model:
        yield model


# Less than a window, some frames, exactly a chunk of 16, more than two of them.
@pytest.mark.parametrize("samples", [300, 2500, 512 + 14 * 320, 12_345])
def test_the_library_gives_its_text_the_probability_that_pytorch_gives_it(model, network, samples):
    heard = sound(samples, samples)
    answer = model.transcribe_with_metadata(heard)
    expected = probability(network, mfcc(heard), answer.text)
    assert answer.confidence == pytest.approx(expected, abs=1e-3)


def test_the_comparison_would_notice_a_missing_frame(model, network):
    heard = sound(2500, 0)
    answer = model.transcribe_with_metadata(heard)
    expected = probability(network, mfcc(heard)[:-1], answer.text)
    assert abs(answer.confidence - expected) > 0.05


def test_the_texts_are_not_all_the_same(model):
    texts = {model.transcribe(sound(8000, seed)) for seed in range(6)}
    assert len(texts) == 6
    assert set("".join(texts)) <= set(ALPHABET)


def test_the_beam_is_the_file_s_own_unless_one_is_asked_for(runtime, network, tmp_path):
    path = tmp_path / "acoustic.pbmm"
    path.write_bytes(as_model_file(network, 77))
    with runtime.model(path) as model:
        assert model.beam_width == 77


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("METADATA_VERSION", 5, "0x2003"),
        ("serialised", lambda: b"\x1c\x00\x00", "0x2000"),
        ("serialised", lambda: b"\x01\x00\x00\x00\x01\x00a", "0x2000"),
    ],
)
def test_files_that_the_library_must_refuse(runtime, network, tmp_path, monkeypatch, name, value, says):
    monkeypatch.setattr(export, name, value)
    path = tmp_path / "acoustic.pbmm"
    path.write_bytes(as_model_file(network, 100))
    with pytest.raises(DataError, match=says):
        runtime.model(path)
