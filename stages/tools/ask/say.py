"""A sentence spoken by one of the demo's voices, as a wav: `svground say TEXT OUT.wav`."""

import argparse
import difflib
from pathlib import Path

import soundfile

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import ParamsError, command_entry
from stages.corpus.speakers import SPEAKERS
from stages.corpus.speech import Utterance, samples_of
from stages.tools.ask.outputs import check_output, writing

DEFAULT = "f2-us"


@command_entry
def main() -> None:
    """Speak what the command line says."""
    parser = argparse.ArgumentParser(prog="svground say", description=__doc__)
    parser.add_argument("text", help="the sentence")
    parser.add_argument("out", type=Path, help="the file to write, e.g. question.wav")
    parser.add_argument("--voice", default=DEFAULT, help=f"one of the {len(SPEAKERS)} voices ({DEFAULT})")
    options = parser.parse_args()
    if options.voice not in SPEAKERS:
        near = difflib.get_close_matches(options.voice, SPEAKERS, n=1, cutoff=0)[0]
        raise ParamsError(
            f"there is no voice {options.voice!r}; the nearest is {near}, of {', '.join(SPEAKERS)}"
        )
    check_output(options.out, (".wav",))
    samples = samples_of(Utterance(None, options.text, options.voice))
    with writing(options.out) as temporary:
        soundfile.write(temporary, samples, SAMPLE_RATE)
    print(f"{options.out}: {len(samples) / SAMPLE_RATE:.1f} s, {options.voice} says {options.text!r}")


if __name__ == "__main__":
    main()
