import hashlib

import numpy as np
import pytest

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.corpus.speech import Utterance, samples_of
from stages.corpus.voices.espeak import Voice, speak
from stages.corpus.voices.speakers import SPEAKERS, Espeak

pytest.importorskip("espeakng_loader")
SENTENCE = "The red ball rolls to the left."


def digest(text, voice):
    return hashlib.sha256(speak(text, voice).tobytes()).hexdigest()


def test_every_speaker_speaks_and_none_sounds_like_another():
    digests = {digest(SENTENCE, speaker.voice) for speaker in SPEAKERS.values()}
    assert len(digests) == 58


def test_what_was_said_before_changes_nothing():
    voices = [speaker.voice for speaker in list(SPEAKERS.values())[::7]]
    alone = [digest(SENTENCE, voice) for voice in voices]
    after_others = []
    for voice in reversed(voices):
        speak("Something else was said here.", Voice("en-us+Reed", 150, 40))
        after_others.append(digest(SENTENCE, voice))
    assert alone == after_others[::-1]


def test_a_sentence_takes_its_time():
    samples = speak(SENTENCE, Voice("en-us", 160, 50))
    assert 1 < len(samples) / SAMPLE_RATE < 4
    assert len(speak(SENTENCE, Voice("en-us", 120, 50))) > len(samples) * 1.2


def test_all_speakers_are_equally_loud():
    levels = [
        np.sqrt(np.mean((samples_of(Utterance(None, SENTENCE, name, Espeak())) / 32767.0) ** 2))
        for name in list(SPEAKERS)[::5]
    ]
    np.testing.assert_allclose(levels, 0.05, rtol=0.02)


def test_errors_are_clear():
    with pytest.raises(DataError, match="has no voice 'en-gb'"):
        speak(SENTENCE, Voice("en-gb", 150, 50))
    with pytest.raises(DataError, match="nothing to say"):
        speak("", Voice("en-us", 150, 50))
