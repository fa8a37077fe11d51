"""A sentence spoken by one of the corpus' voices, as a wav: `svground say TEXT OUT.wav`."""

import argparse
import difflib
from pathlib import Path

import soundfile

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import ParamsError, command_entry
from stages.corpus.speech import Utterance, samples_of
from stages.corpus.voices.chosen import ENGINES, chosen_voices
from stages.tools.ask.outputs import check_output, writing

DEFAULT = "f2-us"


@command_entry
def main() -> None:
    """Speak what the command line says."""
    parser = argparse.ArgumentParser(prog="svground say", description=__doc__)
    parser.add_argument("text", help="the sentence")
    parser.add_argument("out", type=Path, help="the file to write, e.g. question.wav")
    parser.add_argument("--engine", choices=ENGINES, default="espeak", help="who speaks, as in corpus.voices")
    parser.add_argument("--voice", help=f"one of the engine's voices (espeak: {DEFAULT}, else the first)")
    options = parser.parse_args()
    voices = chosen_voices(options.engine)
    speakers = voices.speakers
    voice = options.voice or (DEFAULT if DEFAULT in speakers else speakers[0])
    if voice not in speakers:
        near = difflib.get_close_matches(voice, speakers, n=1, cutoff=0)[0]
        raise ParamsError(f"there is no voice {voice!r}; the nearest is {near}, of {', '.join(speakers)}")
    check_output(options.out, (".wav",))
    voices.check()
    samples = samples_of(Utterance(None, options.text, voice, voices))
    with writing(options.out) as temporary:
        soundfile.write(temporary, samples, SAMPLE_RATE)
    print(f"{options.out}: {len(samples) / SAMPLE_RATE:.1f} s, {voice} says {options.text!r}")


if __name__ == "__main__":
    main()
