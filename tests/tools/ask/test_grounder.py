"""Answers are those of the pipeline, from the video file and the recording."""

import shutil
import sys
from pathlib import Path

import jaxtyping
import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from stages.common.building import build_shards
from stages.common.errors import DataError, ParamsError
from stages.common.logmel import LogMel
from stages.common.params import load_params
from stages.common.shards import Shards
from stages.corpus.extractors.extractor import Pixels
from stages.corpus.features import IMPORTED, write_extracted
from stages.ground.__main__ import main as ground
from stages.scoring.predictions import moments_of, prediction_table
from stages.tools.ask import Grounder, Text
from stages.tools.ask.answer import Work
from stages.tools.ask.trained import trained_methods
from stages.training import checkpoints
from stages.training.answers import answer
from stages.training.model import load_model
from stages.training.queries import FEATURES, extractor_of_features, query_data
from stages.training.query_steps import read_query_steps, vocabulary_size
from stages.transcripts.engines.interface import Heard
from tests.paths import ROOT
from tests.tools.ask.world import RATE, checkout, speech
from tests.training.worlds import params, write_corpus


def moments_in(answered):
    return np.array([[moment.start, moment.end] for moment in answered.moments])


def by_the_pipeline(name, spoken, clip):
    """The table of predictions, by the rooms' own code, of queries about `clip`."""
    given = load_params()
    ids = [f"q{number}" for number in range(len(spoken))]
    samples = dict(zip(ids, spoken, strict=True))
    logmel = LogMel(given.mels)
    build_shards(Path("data/mels"), samples, logmel, "float16", "clip")
    write_extracted(Path("data/corpus/features"), {"clip": clip}, Pixels(), 3.0)
    table = pd.DataFrame({"query_id": ids, "video_id": "clip", "duration": 8.0, "start": 1.0, "end": 2.0})
    data = query_data(table, read_query_steps(table, given, name), given, name)
    path = Path(f"models/{name}/grounding.safetensors")
    model = load_model(path, given, name, data.dims, vocabulary_size(given, name))
    return prediction_table(table, answer(model, data, 4, torch.device("cpu"), "fp32", 0.5))


@pytest.mark.parametrize("name", ["base", "vgcl", "vslnet"])
def test_speech_is_answered_as_by_the_pipeline(project, clip, name):
    checkout(project, (name,))
    spoken = [speech(1.0, 1), speech(0.4, 2), speech(2.2, 3)]
    expected = by_the_pipeline(name, spoken, clip)
    grounder = Grounder.load(f"models/{name}")
    video = grounder.video(clip)
    for row, samples in enumerate(spoken):
        answered = grounder.ground(video, (samples, RATE))
        np.testing.assert_allclose(answered.curves["p_start"], expected["p_start"][row], atol=1e-6)
        np.testing.assert_allclose(answered.curves["p_end"], expected["p_end"][row], atol=1e-6)
        found = moments_of(expected)[row]
        real = expected.loc[row, [f"score_{rank}" for rank in range(1, 6)]].to_numpy(float) > 0
        np.testing.assert_allclose(moments_in(answered), found[real], atol=1e-6)
        assert answered.edges.tolist() == np.linspace(0, 8, 9).tolist()
        assert list(answered.seconds) == ["speech", "mels", "network", "ranking"]


def test_a_batch_answers_as_one_after_the_other(project, clip):
    grounder = Grounder.load(project / "models/base")
    video = grounder.video(str(clip))
    queries = [(speech(seconds, number), RATE) for number, seconds in enumerate((1.0, 0.4, 3.0))]
    for one, query in zip(grounder.ground_all(video, queries, 2), queries, strict=True):
        alone = grounder.ground(video, query, 2)
        np.testing.assert_allclose(one.curves["p_start"], alone.curves["p_start"], atol=1e-6)
        assert moments_in(one) == pytest.approx(moments_in(alone))
        assert len(one.moments) == 2
        assert one.notes == alone.notes


def test_long_speech_is_cut_with_a_note(project, clip):
    # The tiny networks hear 64 frames of 10 ms.
    assert project
    grounder = Grounder.load("models/base")
    video = grounder.video(clip)
    long = speech(5.0)
    answered = grounder.ground(video, (long, RATE))
    assert answered.notes == ["of 5.0 s of speech the first 0.6 s are heard, as in training"]
    expected = by_the_pipeline("base", [long], clip)
    np.testing.assert_allclose(answered.curves["p_start"], expected["p_start"][0], atol=1e-6)
    assert grounder.ground(video, (long[: RATE // 2], RATE)).notes == []


def test_a_method_that_reads(project, clip, monkeypatch):
    monkeypatch.setattr("stages.tools.ask.ears.engine_in", lambda *_: Recogniser("the left one"))
    checkout(project, ("text", "asr", "asr-noglove"))
    text, asr = Grounder.load("models/text"), Grounder.load("models/asr")
    video = text.video(clip)
    written = text.ground(video, Text("The left one!"))
    assert written.words == "The left one!"
    assert written.notes == []
    table = pd.DataFrame({"query_id": ["one"], "video_id": "clip", "duration": 8.0, "start": 1.0, "end": 2.0})
    (steps,) = read_query_steps(table, load_params(), "text")
    np.testing.assert_array_equal(text.ear(Text("the left one"), Work())[0], steps)
    with asr as cascade:
        spoken = cascade.ground(video, (speech(), RATE))
        assert spoken.words == "the left one"
        np.testing.assert_array_equal(
            spoken.curves["p_start"], cascade.ground(video, Text("the left one")).curves["p_start"]
        )
        assert list(spoken.seconds) == ["speech", "transcript", "words", "network", "ranking"]
    met = text.ground(video, Text("the comet"))
    unknown = text.ground(video, Text("the qqq"))
    assert (met.notes, unknown.notes) == (["not met in training: comet"], ["not met in training: qqq"])
    # GloVe knows a comet.
    assert np.abs(met.curves["p_start"] - unknown.curves["p_start"]).max() > 1e-6
    learned = Grounder.load("models/asr-noglove")
    assert learned.ground(video, Text("left")).words == "left"
    with pytest.raises(DataError, match="text reads and has no ears"):
        text.ground(video, (speech(), RATE))
    with pytest.raises(DataError, match="holds no word"):
        text.ground(video, Text("?!"))


def test_what_is_not_understood_is_a_blank_query(project, clip, monkeypatch):
    monkeypatch.setattr("stages.tools.ask.ears.engine_in", lambda *_: Recogniser(""))
    checkout(project, ("asr",))
    grounder = Grounder.load("models/asr")
    answered = grounder.ground(grounder.video(clip), (speech(), RATE))
    assert answered.notes == ["nothing was understood; the answer is that to a blank query"]


def test_a_method_that_listens_does_not_read(project, clip):
    assert project
    grounder = Grounder.load("models/base")
    with pytest.raises(DataError, match="base listens and does not read"):
        grounder.ground(grounder.video(clip), Text("the left one"))


def test_a_model_of_imported_features(project, clip):
    checkout(project, features=IMPORTED, width=6)
    grounder = Grounder.load("models/base")
    with pytest.raises(DataError, match=r"imported features of 6 numbers.*a \.npy or \.h5 file \[T, 6\]"):
        grounder.video(clip)
    np.save("c3d.npy", np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32))
    np.save("other.npy", np.zeros((16, 7), np.float32))
    video = grounder.video(clip, "c3d.npy")
    assert len(grounder.ground(video, (speech(), RATE)).moments) > 1
    with pytest.raises(DataError, match=r"has 7 numbers per step \(arrays\); base was trained on 6"):
        grounder.ground(grounder.video(clip, "other.npy"), (speech(), RATE))
    with pytest.raises(DataError, match=r"no\.npy does not exist"):
        grounder.video(clip, "no.npy")


def test_a_video_described_for_another_model_is_refused(project, clip):
    described = Grounder.load("models/base").video(clip)
    checkout(project, features=IMPORTED, width=6)
    with pytest.raises(DataError, match=r"413 numbers per step \(pixels\); base was trained on 6 \(arrays\)"):
        Grounder.load("models/base").ground(described, (speech(), RATE))
    checkout(project)
    with pytest.raises(DataError, match="give the video alone"):
        Grounder.load("models/base").video(clip, "c3d.npy")


def test_methods_that_are_not_there(project):
    assert trained_methods(project / "models") == ["base"]
    with pytest.raises(ParamsError, match="no method 'bose'; the nearest is base, of the trained base"):
        Grounder.load("models/bose")
    with pytest.raises(DataError, match=r"vgcl is not trained .*; run `dvc repro ground@vgcl`"):
        Grounder.load("models/vgcl")
    with pytest.raises(DataError, match=r"add cpc to `compare` in params\.yaml, then run `dvc repro"):
        Grounder.load("models/cpc")


def test_weights_are_read_and_hashed_once(project, monkeypatch):
    assert project
    read, load = [], checkpoints.load
    monkeypatch.setattr(checkpoints, "load", lambda path, cure: read.append(path) or load(path, cure))
    Grounder.load("models/base")
    assert read == [Path("models/base/grounding.safetensors").absolute()]


@pytest.mark.parametrize("lost", ["extractor", "nms", "settings"])
def test_weights_that_do_not_say_enough_are_refused(project, lost):
    assert project
    path = Path("models/base/grounding.safetensors")
    tensors, facts = checkpoints.load(path, "")
    del facts[lost]
    checkpoints.save(path, tensors, facts)
    says = rf"earlier version: it does not say its {lost}; run `dvc repro -sf ground@base`"
    with pytest.raises(DataError, match=says):
        Grounder.load("models/base")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match="no whole safetensors file"):
        Grounder.load("models/base")


@pytest.mark.fault("one bit of a trained method's weights flipped", lost="nothing: refused")
def test_weights_with_another_bit_are_refused(project):
    assert project
    path = Path("models/base/grounding.safetensors")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"has not the sha256 .*; run `dvc repro -sf ground@base`"):
        Grounder.load("models/base")


def test_weights_that_were_put_elsewhere_say_what_they_are(project):
    assert project
    shutil.copytree("models/base", "models/vgcl")
    assert Grounder.load("models/vgcl").trained.name == "base"


def test_a_model_that_was_just_trained_can_be_asked(tmp_path, monkeypatch, clip):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path, {"train": 4, "dev": 2})
    params(ground={"epochs": 1})
    monkeypatch.setattr(sys, "argv", ["stage", "base"])
    ground()
    grounder = Grounder.load("models/base")
    assert (grounder.trained.extractor, grounder.trained.nms) == (IMPORTED, 0.5)
    np.save("c3d.npy", np.zeros((20, 6), np.float32))
    assert grounder.ground(grounder.video(clip, "c3d.npy"), (speech(), RATE)).moments


def test_a_corpus_that_does_not_say_what_its_features_are_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    build_shards(FEATURES, {}, lambda array: array, "float16", "video")
    with pytest.raises(DataError, match=r"does not say .*; run `dvc repro -sf corpus`"):
        extractor_of_features()


def test_moments_are_told_apart_as_the_model_was_trained_to(project, clip):
    assert project
    path = Path("models/base/grounding.safetensors")
    tensors, facts = checkpoints.load(path, "")
    told = {}
    for nms in (0.0, 1.0):
        checkpoints.save(path, tensors, facts | {"nms": nms})
        grounder = Grounder.load("models/base")
        assert grounder.trained.nms == nms
        told[nms] = moments_in(grounder.ground(grounder.video(clip), (speech(), RATE)))
    # With 0, none of them overlap; with 1, none is left out.
    apart = told[0.0][np.argsort(told[0.0][:, 0])]
    assert (apart[1:, 0] >= apart[:-1, 1]).all()
    assert len(told[1.0]) == 5
    close = told[1.0][np.argsort(told[1.0][:, 0])]
    assert (close[1:, 0] < close[:-1, 1]).any()


def test_changed_params_do_not_change_a_trained_model(project, clip):
    assert project
    grounder = Grounder.load("models/base")
    video = grounder.video(clip)
    before = grounder.ground(video, (speech(), RATE))
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("hidden: 16", "hidden: 32").replace("fft: 400", "fft: 512"))
    assert load_params().mels.fft == 512
    after = Grounder.load("models/base").ground(video, (speech(), RATE))
    np.testing.assert_array_equal(after.curves["p_start"], before.curves["p_start"])


class Recogniser:
    """A recogniser, and the engine that loads it, which always hears the same."""

    def __init__(self, text):
        self.text = text

    def recogniser(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def hear(self, samples):
        assert samples.dtype == np.int16
        return Heard(self.text, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["base", "vgcl", "asr"])
def test_trained_models_answer_as_the_predictions_table(name, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    table = Path(f"predictions/{name}.parquet")
    if not (table.exists() and name in trained_methods(Path("models"))):
        pytest.skip(f"{name} is not trained here")
    # The table was made in this precision.
    grounder = Grounder.load(f"models/{name}", precision=load_params().machine.precision, cache=tmp_path)
    mixed = Shards(Path("data/mixed"), "mix")
    expected = pd.read_parquet(table).iloc[::25].reset_index(drop=True)
    for row, query in expected.iterrows():
        video = grounder.video(f"data/corpus/videos/{query['video_id']}.mp4")
        # As floats a wav holds the pipeline's samples to the bit.
        soundfile.write(tmp_path / "q.wav", mixed[query["query_id"]] / np.float32(32767), RATE, "FLOAT")
        answered = grounder.ground(video, tmp_path / "q.wav")
        np.testing.assert_allclose(answered.curves["p_start"], query["p_start"], atol=1e-4)
        np.testing.assert_allclose(answered.curves["p_end"], query["p_end"], atol=1e-4)
        np.testing.assert_allclose(moments_in(answered), moments_of(expected)[row], atol=1e-4)


def test_what_is_no_video_and_no_query_is_told(project, clip, monkeypatch):
    checkout(project, ("base", "asr"))
    base, asr = Grounder.load("models/base"), Grounder.load("models/asr")
    video = base.video(clip)
    assert base.ground_all(video, []) == []
    # Users have no checker of annotations.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    wrong = {
        "a list of queries, found 'q.wav'": lambda: base.ground_all(video, "q.wav"),
        "found an array of the shape \\[8000\\]": lambda: base.ground(video, speech(0.5)),
        "expected \\(samples, rate\\).*found \\(a list, 16000\\)": lambda: base.ground(video, ([0.1], RATE)),
        "'v.mp4' is no video yet; `grounder.video\\(path\\)`": lambda: base.ground("v.mp4", "q.wav"),
        "Text\\('it hops'\\)": lambda: asr.ground(video, "it hops"),
        "Text\\('it hops it": lambda: asr.ground(video, "it hops " * 100),
    }
    for says, misuse in wrong.items():
        with pytest.raises(DataError, match=says):
            misuse()
