"""Whether this machine can run the DeepSpeech library at all."""

import platform
from pathlib import Path

from stages.common.errors import UserError

CPUINFO = Path("/proc/cpuinfo")


def check_machine() -> None:
    """Refuse a machine on which the library is not available.

    To be asked before it is loaded: without AVX the loader itself is killed by an illegal instruction.
    """
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise _unavailable(f"this is {system} on {machine}")
    flags = next((line for line in CPUINFO.read_text().splitlines() if line.startswith("flags")), "")
    if "avx" not in flags.split():
        raise _unavailable("this processor has no AVX")


def _unavailable(why: str) -> UserError:
    return UserError(
        f"the DeepSpeech 0.9.3 runtime is made for Linux on x86_64 with AVX, and {why}; choose another "
        "asr.engine in params.yaml: moonshine, whisper, wav2vec2 or pocketsphinx"
    )
