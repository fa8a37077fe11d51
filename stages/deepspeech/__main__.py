"""The deepspeech room: fetch the library once. `python -m stages.deepspeech`."""

import tempfile
from pathlib import Path

from stages.common.artifacts import written_whole
from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.asr import Asr
from stages.common.transcripts_needed import NOBODY, transcripts_needed
from stages.deepspeech.runtime.machine import check_machine
from stages.deepspeech.wheel import VERSION, fetch_wheel, library_in

OUT = Path("data/deepspeech/libdeepspeech.so")


def library_for(asr: Asr) -> bytes:
    """The bytes of the library; none when another engine is chosen."""
    if asr.engine != "deepspeech":
        return b""
    check_machine()
    if asr.wheel is not None:
        return library_in(Path(asr.wheel))
    with tempfile.TemporaryDirectory(prefix="svg-wheel-") as folder:
        return library_in(fetch_wheel(Path(folder)))


@stage_entry
def main() -> None:
    """Write data/deepspeech/libdeepspeech.so."""
    asr = load_params().asr
    needed = transcripts_needed()
    library = library_for(asr) if needed else b""
    with written_whole(OUT) as temporary:
        temporary.write_bytes(library)
    if library:
        print(f"{OUT}: the library of DeepSpeech {VERSION}, {len(library):,} bytes")
    else:
        print(f"{OUT}: left empty, as {f'asr.engine is {asr.engine}' if needed else NOBODY}")


if __name__ == "__main__":
    main()
