"""Clean speech of every query, read from its recording or spoken by espeak, as 16 kHz int16."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from stages.common.audio import SAMPLE_RATE, loudness, read_audio, to_int16
from stages.common.building import build_shards
from stages.common.seeding import generator
from stages.corpus.espeak import speak
from stages.corpus.speakers import SPEAKERS

# A person near the microphone. espeak's own loudness differs by voice, which would name the speaker.
_SPOKEN_LOUDNESS = 0.05


@dataclass(frozen=True)
class Utterance:
    """What one query's speech is made from: a recording, or else a caption and a speaker."""

    recording: Path | None
    caption: str
    speaker: str


def choose_speaker(seed: int, speech_id: str) -> str:
    """A speaker for a caption that nobody has recorded."""
    names = list(SPEAKERS)
    return names[int(generator(seed, "speaker", speech_id).integers(len(names)))]


def samples_of(utterance: Utterance) -> Int16[np.ndarray, " t"]:
    """The utterance's samples."""
    if utterance.recording is not None:
        return to_int16(read_audio(utterance.recording))[0]
    spoken = speak(utterance.caption, SPEAKERS[utterance.speaker].voice)
    return to_int16(spoken * (_SPOKEN_LOUDNESS / max(loudness(spoken), 1e-6)))[0]


def write_speech(folder: Path, utterances: dict[str, Utterance]) -> dict[str, str]:
    """Write the speech by speech id; return the recordings that can't be read, and why."""
    return build_shards(
        folder, utterances, samples_of, "int16", "clip", kind="speech", sample_rate=SAMPLE_RATE
    )
