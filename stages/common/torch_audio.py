"""torchaudio, also where its compiled part can't be loaded.

The registry's torchaudio 2.11 is built for CUDA and fails at import beside a CPU torch. Its Python part
(spectrograms, mel bands, wav2vec2) needs no compiled code: on failure a stand-in takes the place of the
module that loads it, and the import is tried again. Everything imports torchaudio from here.
"""

import importlib
import sys
import types


def _import() -> types.ModuleType:
    try:
        return importlib.import_module("torchaudio")
    # RuntimeError: torch is built for another CUDA.
    except (OSError, ImportError, RuntimeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "torchaudio":
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
        del sys.modules[name]
    extension = types.ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False  # type: ignore[attr-defined]
    extension._IS_RIR_AVAILABLE = False  # type: ignore[attr-defined]
    extension._IS_ALIGN_AVAILABLE = False  # type: ignore[attr-defined]
    extension.fail_if_no_align = lambda function: function  # type: ignore[attr-defined]
    sys.modules["torchaudio._extension"] = extension
    return importlib.import_module("torchaudio")


torchaudio = _import()
