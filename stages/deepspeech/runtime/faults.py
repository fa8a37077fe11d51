"""What the library's error codes mean for the file at hand, and what to do."""

import ctypes
import re
from pathlib import Path

from stages.common.errors import DataError
from stages.deepspeech.runtime.api import taken_string

_ASIDE = re.compile(r"^(TensorFlow|DeepSpeech|Warning): |: [IWE] tensorflow/")

_NO_MODEL = "name a .pbmm file"
_OTHER_MODEL = "use a .pbmm of DeepSpeech 0.9 for TensorFlow (0.7 and 0.8 fit too; .tflite does not)"
_BROKEN_MODEL = "copy or make the file again"
_OTHER_SCORER = "use a .scorer made for DeepSpeech 0.9 and this alphabet"

# By the code that DeepSpeech 0.9.3 returns: what it stands for, and the cure.
_MODEL_FAULTS = {
    0x1000: ("no model", _NO_MODEL),
    0x2000: ("its alphabet is damaged, or has another size than its output layer", _BROKEN_MODEL),
    0x2001: ("its input has not the shape that DeepSpeech feeds", _OTHER_MODEL),
    0x2003: ("no graph of a version that 0.9.3 reads", _OTHER_MODEL),
    0x3000: ("no memory-mapped graph", _BROKEN_MODEL),
    0x3001: ("its graph can't be loaded", _BROKEN_MODEL),
    0x3005: ("no serialised graph", _OTHER_MODEL),
    0x3006: ("its graph can't be loaded", _OTHER_MODEL),
    0x3007: ("no memory for it", "free some memory, or take fewer workers (SVG_WORKERS)"),
}
_SCORER_FAULTS = {
    0x2002: ("no scorer, or its trie is missing or of another version", _OTHER_SCORER),
    0x2005: ("can't be read", _BROKEN_MODEL),
    0x2006: ("its language model is no KenLM binary", _OTHER_SCORER),
    0x2007: ("it ends before the trie", _OTHER_SCORER),
    0x2008: ("its trie does not begin as one does", _OTHER_SCORER),
    0x2009: ("its trie is of another version", _OTHER_SCORER),
}


def model_fault(library: ctypes.CDLL, path: Path, code: int, said: list[str]) -> DataError:
    """Why a model can't be used."""
    return _fault(library, "model", path, code, said, _MODEL_FAULTS)


def scorer_fault(library: ctypes.CDLL, path: Path, code: int, said: list[str]) -> DataError:
    """Why a scorer can't be used."""
    return _fault(library, "scorer", path, code, said, _SCORER_FAULTS)


def silent_fault(path: Path, said: list[str]) -> DataError:
    """Why a model that loads does not decode."""
    return DataError(
        f"{path} loads, but does not decode: {_last(said) or 'its output is no number'}; {_BROKEN_MODEL}"
    )


def _fault(
    library: ctypes.CDLL,
    kind: str,
    path: Path,
    code: int,
    said: list[str],
    known: dict[int, tuple[str, str]],
) -> DataError:
    official = taken_string(library, library.DS_ErrorCodeToErrorMessage(code)).rstrip(".")
    meaning, cure = known.get(code, (official, _BROKEN_MODEL))
    details = f"DeepSpeech {code:#06x}: {_last(said) or official}"
    return DataError(f"{path} is no {kind} that DeepSpeech 0.9.3 can use: {meaning} ({details}); {cure}")


def _last(said: list[str]) -> str:
    """The last line that is about the failure, not a version or TensorFlow's own log."""
    about = [line.strip() for line in said if not _ASIDE.search(line)]
    return next((line for line in reversed(about) if line), "")
