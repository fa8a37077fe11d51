"""What is asked of params.yaml and of the machine before an engine is loaded."""

import os
import sys
import types

import numpy as np
import pytest
import torch

from stages.common.errors import DataError, ParamsError, UserError
from stages.common.params.load import parse_params
from stages.common.torch_audio import torchaudio
from stages.transcripts.engines import chosen_engine, wav2vec2
from tests.acoustic.sounds import sound
from tests.training.worlds import params


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def engine(**asr):
    return chosen_engine(params(asr=asr).asr)


@pytest.mark.parametrize(
    ("asr", "says"),
    [
        ({"engine": "kaldi"}, "`asr.engine` is 'kaldi'; allowed: 'deepspeech', 'pocketsphinx'"),
        ({"model": "here.pbmm"}, "must be an absolute path"),
        ({"wheel": "here.whl"}, "must be an absolute path"),
        ({"engine": "whisper"}, "engine whisper is told where its model lies; set it"),
        ({"engine": "moonshine", "model": "/m"}, "engine moonshine brings its own; set it to null"),
        (
            {"engine": "moonshine", "beam_width": 9},
            "beam_width is set, but engine moonshine has no use for it",
        ),
        ({"engine": "whisper", "model": "/m", "scorer": "/s"}, "scorer is set, but engine whisper"),
        ({"lm_alpha": 1.0}, "one of them is set; set both, or none"),
        ({"model": "/m", "lm_alpha": 1.0, "lm_beta": 1.0}, "no scorer stands beside the model"),
        ({"beam_width": 0}, "`asr.beam_width` is 0"),
    ],
)
def test_settings_that_do_nothing_or_do_not_fit_are_refused(asr, says):
    with pytest.raises(ParamsError) as caught:
        params(asr=asr)
    assert says in str(caught.value)


def test_a_key_of_words_that_a_method_may_not_have_is_named():
    content = params().model_dump(mode="json")
    content["methods"]["asr"]["text"] = {"embeddings": "guessed"}
    with pytest.raises(ParamsError, match=r"methods.asr.text.embeddings` is 'guessed'"):
        parse_params(content)
    content["methods"]["asr"]["text"] = {"width": 3}
    with pytest.raises(ParamsError, match=r"methods.asr.text: unknown key `width`; it may have embeddings"):
        parse_params(content)


@pytest.mark.parametrize(
    ("name", "package"),
    [("pocketsphinx", "pocketsphinx"), ("moonshine", "moonshine_cpp"), ("whisper", "faster_whisper")],
)
def test_a_package_that_is_not_there_is_named(folder, monkeypatch, name, package):
    for file in ("model.bin", "config.json", "tokenizer.json"):
        (folder / file).touch()
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"needs the package {package}.*; run `pip install '.\[{name}\]'`"):
        engine(engine=name, model=str(folder) if name == "whisper" else None).check()


def test_a_whisper_folder_lacks_its_tokenizer(folder):
    for file in ("model.bin", "config.json"):
        (folder / file).touch()
    with pytest.raises(DataError, match=r"tokenizer.json does not exist; expected a file of a Whisper model"):
        engine(engine="whisper", model=str(folder)).check()


@pytest.mark.fault("a damaged tokenizer.json of Whisper", lost="nothing: refused")
def test_a_damaged_whisper_folder_is_named(folder, monkeypatch):
    for file in ("model.bin", "config.json", "tokenizer.json"):
        (folder / file).touch()
    package = types.ModuleType("faster_whisper")

    def model(*_, **__):
        # As the package tokenizers does.
        raise Exception("EOF while parsing a value\nat line 1 column 0")

    package.WhisperModel = model
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    found = engine(engine="whisper", model=str(folder))
    found.check()
    with (
        pytest.raises(DataError, match=r"asr.model: .* holds no model that faster-whisper reads \(EOF while"),
        found.recogniser(),
    ):
        pass


@pytest.mark.fault(
    "a checkpoint of wav2vec2 that is a pickle which runs a command", lost="nothing: refused, and not run"
)
def test_a_pickle_for_a_checkpoint_is_not_run(folder):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(folder / "pwned"),)

    torch.save({"encoder.transformer.layer_norm.weight": Payload()}, folder / "model.pth")
    with pytest.raises(DataError, match=r"model.pth is no checkpoint that torchaudio publishes"):
        engine(engine="wav2vec2", model=str(folder / "model.pth")).check()
    assert not (folder / "pwned").exists()


@pytest.mark.fault("a wav2vec2 checkpoint that is none", lost="nothing: refused")
@pytest.mark.parametrize("content", [b"", b"garbage" * 50, None])
def test_a_file_that_is_no_checkpoint(folder, content):
    path = folder / "model.pth"
    torch.save({"weight": torch.zeros(3)}, path) if content is None else path.write_bytes(content)
    with pytest.raises(DataError, match=r"model.pth is no checkpoint that torchaudio publishes") as caught:
        engine(engine="wav2vec2", model=str(path)).check()
    assert "\n" not in str(caught.value)


def test_wav2vec2_hears_by_a_local_checkpoint(folder, monkeypatch):
    # The published network, with two layers for twelve; its checkpoints have three classes too many.
    published = torchaudio.pipelines.WAV2VEC2_ASR_BASE_960H
    monkeypatch.setitem(published._params, "encoder_num_layers", 2)
    torch.manual_seed(0)
    weights = torchaudio.models.wav2vec2_model(**published._params).state_dict()
    for name in ("aux.weight", "aux.bias"):
        weights[name] = torch.cat(
            [weights[name][:1], torch.full_like(weights[name][:3], 9.0), weights[name][1:]]
        )
    torch.save(weights, folder / "model.pth")
    told = engine(engine="wav2vec2", model=str(folder / "model.pth"))
    told.check()
    with told.recogniser() as recogniser:
        first, other = (recogniser.hear(sound(9000, seed)) for seed in (0, 1))
        assert recogniser.hear(sound(9000, 0)) == first
        assert recogniser.hear(np.zeros(0, np.int16)).confidence < 0
    assert first != other
    assert set(first.text) <= set("abcdefghijklmnopqrstuvwxyz' ")


def test_repeated_characters_are_one_unless_a_blank_is_between():
    classes = torch.tensor([1, 1, 0, 1, 2, 3, 3])
    scores = torch.nn.functional.one_hot(classes, 4).float() * 50

    class Sure(torch.nn.Module):
        def forward(self, _):
            return scores[None], None

    listener = wav2vec2.Listener(Sure(), ("-", "L", "|", "O"))
    assert listener.hear(np.zeros(500, np.int16)).text == "ll o"
