"""The genuine library, called from here: answers, timings, streams, and who may call it."""

import os
import pickle

import numpy as np
import pytest

from stages.acoustic.export import as_model_file
from stages.common.errors import UserError
from stages.deepspeech.runtime import Token, Transcript, Word
from tests.acoustic.sounds import sound

SECONDS = 2


@pytest.fixture(scope="module")
def path(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "acoustic.pbmm"
    path.write_bytes(as_model_file(network, 64))
    return path


@pytest.fixture(scope="module")
def model(runtime, path):
    with runtime.model(path) as model:
        yield model


@pytest.fixture(scope="module")
def samples():
    return sound(SECONDS * 16_000, 5)


def test_it_is_the_version_and_the_model_that_were_asked_for(runtime, model):
    assert runtime.version == "0.9.3"
    assert (model.sample_rate, model.beam_width) == (16_000, 64)


def test_a_beam_of_ones_own(runtime, path, samples, model):
    with runtime.model(path, beam_width=1) as greedy:
        assert greedy.beam_width == 1
        assert greedy.transcribe(samples) != model.transcribe(samples)


def test_metadata_say_the_same_with_times(model, samples):
    heard = model.transcribe_with_metadata(samples)
    assert heard.text == model.transcribe(samples)
    assert heard.text == "".join(token.text for token in heard.tokens)
    assert [word.text for word in heard.words] == heard.text.split()
    assert len(heard.tokens) > 5
    starts = [token.start for token in heard.tokens]
    assert starts == sorted(starts)
    assert 0 <= starts[0] < starts[-1] <= SECONDS
    assert heard.confidence < 0


def test_words_begin_and_end_with_their_characters():
    tokens = tuple(Token(text, place / 10) for place, text in enumerate(" a  red "))
    assert Transcript(tokens, -1.0).words == (Word("a", 0.1, 0.1), Word("red", 0.4, 0.6))


@pytest.mark.parametrize("piece", [160, 5000, 40_000])
def test_speech_in_pieces_is_the_same_speech(model, samples, piece):
    with model.stream() as stream:
        for first in range(0, len(samples), piece):
            stream.feed(samples[first : first + piece])
        assert stream.finish() == model.transcribe(samples)


def test_a_stream_says_what_it_has_understood_so_far(model, samples):
    with model.stream() as stream:
        assert stream.intermediate() == ""
        stream.feed(samples)
        early = stream.intermediate()
        heard = stream.finish_with_metadata()
    assert len(early) > 3
    assert heard == model.transcribe_with_metadata(samples)
    with pytest.raises(ValueError, match="finished"):
        stream.feed(samples)


def test_a_stream_may_be_dropped(model, samples):
    before = model.transcribe(samples)
    with model.stream() as stream:
        stream.feed(samples)
    assert model.transcribe(samples) == before


def test_very_short_speech_is_no_error(model):
    for length in (0, 1, 511):
        assert isinstance(model.transcribe(np.zeros(length, np.int16)), str)


def test_every_second_sample_is_read_as_such(model, samples):
    # A view with a stride: the library knows only rows of samples.
    assert model.transcribe(np.repeat(samples, 2)[::2]) == model.transcribe(samples)


def test_nothing_is_printed(runtime, path, capfd):
    with runtime.model(path) as model:
        model.transcribe(sound(4000, 0))
    assert capfd.readouterr() == ("", "")


def test_a_closed_model_says_so(runtime, path):
    model = runtime.model(path)
    model.close()
    model.close()
    with pytest.raises(ValueError, match="is closed"):
        model.transcribe(np.zeros(10, np.int16))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_is_told_and_does_not_hang(model):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            model.transcribe(np.zeros(10, np.int16))
        except UserError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        assert "spawned, not forked" in said.read()


def test_a_runtime_may_be_sent_to_a_worker_and_a_model_may_not(runtime, model):
    assert pickle.loads(pickle.dumps(runtime)).version == "0.9.3"
    with pytest.raises(TypeError, match="send the Runtime"):
        pickle.dumps(model)
