"""Clean speech of every query, read from its recording or spoken by an engine, as 16 kHz int16."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Int16

from stages.common.artifacts import fingerprint, written_whole
from stages.common.audio import SAMPLE_RATE, loudness, read_audio, to_int16
from stages.common.building import build_shards
from stages.common.seeding import generator
from stages.common.user_cache import user_cache
from stages.corpus.voices.interface import Voices

# A person near the microphone. Engines' own loudness differs by voice, which would name the speaker.
_SPOKEN_LOUDNESS = 0.05


@dataclass(frozen=True)
class Utterance:
    """What one query's speech is made from: a recording, or else a caption and who speaks it."""

    recording: Path | None
    caption: str
    speaker: str
    voices: Voices


def choose_speaker(seed: int, speech_id: str, speakers: Sequence[str]) -> str:
    """A speaker for a caption that nobody has recorded."""
    return speakers[int(generator(seed, "speaker", speech_id).integers(len(speakers)))]


def samples_of(utterance: Utterance) -> Int16[np.ndarray, " t"]:
    """The utterance's samples."""
    if utterance.recording is not None:
        return to_int16(read_audio(utterance.recording))[0]
    return _kept(utterance) if utterance.voices.slow else _spoken(utterance)


def _spoken(utterance: Utterance) -> Int16[np.ndarray, " t"]:
    spoken = utterance.voices.speak(utterance.caption, utterance.speaker)
    return to_int16(spoken * (_SPOKEN_LOUDNESS / max(loudness(spoken), 1e-6)))[0]


def _kept(utterance: Utterance) -> Int16[np.ndarray, " t"]:
    """From the user's cache, where other corpora have left it, or spoken and put there."""
    voices = utterance.voices
    key = fingerprint(voices.version, utterance.speaker, utterance.caption)
    path = user_cache() / "voices" / voices.name / "spoken" / key[:2] / f"{key}.flac"
    try:
        return np.asarray(soundfile.read(path, dtype="int16")[0])
    except (soundfile.LibsndfileError, OSError):
        samples = _spoken(utterance)
        with written_whole(path) as temporary:
            soundfile.write(temporary, samples, SAMPLE_RATE, subtype="PCM_16")
        return samples


def write_speech(folder: Path, utterances: dict[str, Utterance]) -> dict[str, str]:
    """Write the speech by speech id; return the recordings that can't be read, and why."""
    return build_shards(
        folder, utterances, samples_of, "int16", "clip", kind="speech", sample_rate=SAMPLE_RATE
    )
