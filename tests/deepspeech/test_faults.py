"""What is wrong with a model or a scorer is said in one line that names the file and the cure."""

import copy
import struct

import pytest
from torch import nn

from stages.acoustic import export
from stages.acoustic.export import as_model_file
from stages.acoustic.graph import Graph
from stages.acoustic.scorer import as_scorer
from stages.common.errors import DataError
from stages.common.params import load_params
from stages.deepspeech.runtime import Runtime
from stages.deepspeech.runtime.scorer_file import refuse_cut_short
from stages.deepspeech.runtime.trial import try_model
from stages.transcripts.engines.deepspeech import Engine
from tests.acoustic.sounds import sound
from tests.paths import ROOT

SENTENCES = ["a red ball rolls", "the ball stops"]


def without(monkeypatch, method, name):
    """Graphs are written without a node."""
    add = getattr(Graph, method)

    def most(self, node, *rest, **attributes):
        return node if node == name else add(self, node, *rest, **attributes)

    monkeypatch.setattr(Graph, method, most)


def refused(runtime, path, scorer=None):
    with pytest.raises(DataError) as caught:
        runtime.model(path, scorer)
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.fixture
def written(tmp_path, network):
    def write():
        path = tmp_path / "acoustic.pbmm"
        path.write_bytes(as_model_file(network, 64))
        return path

    return write


@pytest.mark.fault("garbage or nothing for a `.pbmm`, `.pb` or `.tflite`", lost="nothing: refused")
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("m.pbmm", b"garbage" * 50, "no memory-mapped graph"),
        ("m.pbmm", b"", "no memory-mapped graph"),
        ("m.pb", b"garbage" * 50, "no serialised graph"),
        ("m.pb", b"", "no graph of a version that 0.9.3 reads"),
        ("m.tflite", b"TFL3" * 50, "tflite does not"),
    ],
)
def test_a_file_that_is_no_model(runtime, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    said = refused(runtime, tmp_path / name)
    assert said.startswith(f"{tmp_path / name} is no model that DeepSpeech 0.9.3 can use: ")
    assert says in said


def test_a_missing_model(runtime, tmp_path):
    assert refused(runtime, tmp_path / "m.pbmm").startswith(f"{tmp_path / 'm.pbmm'} does not exist")


@pytest.mark.fault("a `.pbmm` cut short", lost="nothing: refused")
def test_a_model_cut_short(runtime, written):
    path = written()
    path.write_bytes(path.read_bytes()[:-100])
    assert "copy or make the file again" in refused(runtime, path)


def test_a_model_of_an_earlier_version(runtime, written, monkeypatch):
    monkeypatch.setattr(export, "METADATA_VERSION", 5)
    assert "version (5) is incompatible" in refused(runtime, written())


def test_an_alphabet_that_does_not_fit(runtime, written, monkeypatch):
    three = struct.pack("<H", 3) + b"".join(struct.pack("<HH", n, 1) + bytes([97 + n]) for n in range(3))
    monkeypatch.setattr(export, "serialised", lambda: three)
    assert "alphabet has size 3, but model has 28 classes" in refused(runtime, written())


@pytest.mark.fault("a `.pbmm` with a damaged alphabet", lost="nothing: refused")
def test_a_damaged_alphabet(runtime, written, monkeypatch):
    monkeypatch.setattr(export, "serialised", lambda: b"\xff\xff\x01")
    assert "its alphabet is damaged" in refused(runtime, written())


@pytest.mark.parametrize(
    ("method", "node"), [("add_input", "input_lengths"), ("add", "new_state_c"), ("add", "mfccs")]
)
def test_a_graph_that_would_answer_nothing(runtime, written, monkeypatch, method, node):
    without(monkeypatch, method, node)
    path = written()
    assert f"{path} loads, but does not decode: Error running session" in refused(runtime, path)


@pytest.mark.fault(
    "a `.pbmm` that crashes the DeepSpeech library", lost="nothing: it crashes a process of its own"
)
def test_a_model_that_kills_its_process_is_tried_in_another(runtime, network, tmp_path, monkeypatch):
    # An output layer smaller than the alphabet, without the shape that would tell.
    network = copy.deepcopy(network)
    network.classes = nn.Linear(64, 20)
    monkeypatch.setattr(export, "_CLASSES", 20)
    without(monkeypatch, "add_constant", "logits_shape")
    path = tmp_path / "acoustic.pbmm"
    path.write_bytes(as_model_file(network, 64))
    with pytest.raises(DataError, match="with signal 11 when it decodes; its alphabet may have another size"):
        try_model(runtime, path, None)


def test_a_trial_passes_errors_on(runtime, written, tmp_path):
    assert try_model(runtime, written(), None) == 16_000
    with pytest.raises(DataError, match="does not exist"):
        try_model(runtime, tmp_path / "other.pbmm", None)


@pytest.mark.fault("a `.scorer` missing, empty, of garbage, or without its trie", lost="nothing: refused")
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "no trie", "other version"])
def test_a_scorer_that_is_none(runtime, written, tmp_path, damage):
    scorer = tmp_path / "captions.scorer"
    whole = whole_scorer()
    trie = whole.index(struct.pack("<i", 0x54524945))
    contents = {
        "empty": b"",
        "garbage": b"garbage" * 500,
        "no trie": whole[:trie],
        "other version": whole[: trie + 4] + struct.pack("<i", 5) + whole[trie + 8 :],
    }
    if damage in contents:
        scorer.write_bytes(contents[damage])
    said = refused(runtime, written(), scorer)
    assert said.startswith(str(scorer))
    assert ("does not exist" if damage == "missing" else "its trie is missing or of another version") in said


def test_a_scorer_is_weighed_as_told(runtime, written, tmp_path):
    (tmp_path / "captions.scorer").write_bytes(
        as_scorer(SENTENCES, load_params(ROOT / "params.yaml").acoustic.language)
    )
    path, heard = written(), []
    for alpha_beta in (None, (0.0, 0.0), (5.0, 30.0)):
        with runtime.model(path, tmp_path / "captions.scorer", alpha_beta=alpha_beta) as model:
            heard.append(model.transcribe(sound(16_000, 3)))
    known = {word for sentence in SENTENCES for word in sentence.split()}
    assert all(set(text.split()[:-1]) <= known for text in heard)
    assert len(set(heard)) == 3


def whole_scorer():
    return as_scorer(SENTENCES, load_params(ROOT / "params.yaml").acoustic.language)


@pytest.mark.fault("a `.scorer` cut short within its trie", lost="nothing: refused, the model is not blamed")
@pytest.mark.parametrize("missing", [1, 40, 300, 700])
def test_a_scorer_cut_short_within_its_trie_is_refused(tmp_path, missing):
    path = tmp_path / "captions.scorer"
    path.write_bytes(whole_scorer())
    refuse_cut_short(path)
    path.write_bytes(whole_scorer()[:-missing])
    with pytest.raises(DataError, match=r"captions.scorer is cut short: its trie announces .*make the file"):
        refuse_cut_short(path)


@pytest.mark.slow
@pytest.mark.fault("a `.scorer` that lacks a third or most of it", lost="nothing: the model is not blamed")
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_scorer_cut_short_is_blamed_and_not_the_model(runtime, written, tmp_path, share):
    scorer = tmp_path / "captions.scorer"
    scorer.write_bytes(whole_scorer()[: int(share * len(whole_scorer()))])
    with pytest.raises(DataError) as caught:
        try_model(runtime, written(), scorer)
    assert str(caught.value).startswith(str(scorer))
    assert "\n" not in str(caught.value)


@pytest.mark.fault("one bit of the DeepSpeech library flipped, or its end missing", lost="nothing: refused")
@pytest.mark.parametrize("damage", ["a bit", "the end"])
def test_a_damaged_library_is_not_even_loaded(runtime, written, tmp_path, damage):
    content = bytearray(runtime.path.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "libdeepspeech.so"
    path.write_bytes(content if damage == "a bit" else content[:-1000])
    with pytest.raises(DataError, match=r"^\S+libdeepspeech.so is not the .*dvc repro -sf deepspeech"):
        try_model(Runtime(path), written(), None)


@pytest.mark.parametrize("key", ["model", "scorer"])
@pytest.mark.parametrize(("place", "says"), [("", "is a folder"), ("nothing.here", "does not exist")])
def test_a_path_of_params_that_is_no_file_is_named_with_its_key(tmp_path, key, place, says):
    (tmp_path / "m.pbmm").touch()
    paths = {"model": str(tmp_path / "m.pbmm"), "scorer": None, key: str(tmp_path / place)}
    asr = load_params(ROOT / "params.yaml").asr.model_copy(update=paths)
    suffix = {"model": "pbmm", "scorer": "scorer"}[key]
    with pytest.raises(DataError, match=rf"^asr\.{key}: \S+ {says}; expected a \.{suffix} of DeepSpeech"):
        Engine(asr).check()
