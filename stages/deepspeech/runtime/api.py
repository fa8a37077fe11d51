"""The C interface of libdeepspeech.so, as ctypes needs to know it."""

import ctypes
import os
from pathlib import Path

import numpy as np

from stages.common.errors import DataError

# Strings are received as bare pointers: ctypes would copy a c_char_p and lose what must be freed.
_STRING = _POINTER = ctypes.c_void_p
_COUNT = ctypes.c_uint
_SAMPLES = np.ctypeslib.ndpointer(np.int16, ndim=1, flags="C_CONTIGUOUS")


class TokenMetadata(ctypes.Structure):
    """A character, and where it was heard."""

    _fields_ = (("text", ctypes.c_char_p), ("timestep", ctypes.c_uint), ("start_time", ctypes.c_float))


class CandidateTranscript(ctypes.Structure):
    """One reading of the sound."""

    _fields_ = (
        ("tokens", ctypes.POINTER(TokenMetadata)),
        ("num_tokens", ctypes.c_uint),
        ("confidence", ctypes.c_double),
    )


class Metadata(ctypes.Structure):
    """The readings asked for, the best first."""

    _fields_ = (("transcripts", ctypes.POINTER(CandidateTranscript)), ("num_transcripts", ctypes.c_uint))


_METADATA = ctypes.POINTER(Metadata)

_SIGNATURES = {
    "DS_Version": (_STRING, ()),
    "DS_ErrorCodeToErrorMessage": (_STRING, (ctypes.c_int,)),
    "DS_FreeString": (None, (_STRING,)),
    "DS_CreateModel": (ctypes.c_int, (ctypes.c_char_p, ctypes.POINTER(_POINTER))),
    "DS_FreeModel": (None, (_POINTER,)),
    "DS_GetModelSampleRate": (ctypes.c_int, (_POINTER,)),
    "DS_GetModelBeamWidth": (_COUNT, (_POINTER,)),
    "DS_SetModelBeamWidth": (ctypes.c_int, (_POINTER, _COUNT)),
    "DS_EnableExternalScorer": (ctypes.c_int, (_POINTER, ctypes.c_char_p)),
    "DS_SetScorerAlphaBeta": (ctypes.c_int, (_POINTER, ctypes.c_float, ctypes.c_float)),
    "DS_SpeechToText": (_STRING, (_POINTER, _SAMPLES, _COUNT)),
    "DS_SpeechToTextWithMetadata": (_METADATA, (_POINTER, _SAMPLES, _COUNT, _COUNT)),
    "DS_FreeMetadata": (None, (_METADATA,)),
    "DS_CreateStream": (ctypes.c_int, (_POINTER, ctypes.POINTER(_POINTER))),
    "DS_FeedAudioContent": (None, (_POINTER, _SAMPLES, _COUNT)),
    "DS_IntermediateDecode": (_STRING, (_POINTER,)),
    "DS_FinishStream": (_STRING, (_POINTER,)),
    "DS_FinishStreamWithMetadata": (_METADATA, (_POINTER, _COUNT)),
    "DS_FreeStream": (None, (_POINTER,)),
}


def load_library(path: Path) -> ctypes.CDLL:
    """The library with typed functions."""
    if not path.is_file():
        raise DataError(f"{path} is missing; run `dvc repro deepspeech`, which fetches it")
    # Several threads may add in another order on another machine; workers make better use of cores anyway.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    try:
        library = ctypes.CDLL(os.fspath(path.absolute()))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise DataError(
            f"{path} is not the DeepSpeech library ({error}); remove it and run `dvc repro -sf deepspeech`"
        ) from None
    return library


def taken_string(library: ctypes.CDLL, pointer: int | None) -> str:
    """The text at `pointer`, which is freed."""
    if pointer is None:
        return ""
    try:
        return ctypes.string_at(pointer).decode("utf-8", errors="replace")
    finally:
        library.DS_FreeString(pointer)
