"""The genuine DeepSpeech 0.9.3 runtime, its shared library called by ctypes from any Python.

    with Runtime(library).model(path, scorer) as model:
        model.transcribe(samples)

The runtime is Mozilla's; the weights are whoever's file is loaded.
"""

from stages.common.deepspeech.model import Model
from stages.common.deepspeech.runtime import Runtime
from stages.common.deepspeech.stream import Stream
from stages.common.deepspeech.transcript import Token, Transcript, Word

__all__ = ["Model", "Runtime", "Stream", "Token", "Transcript", "Word"]
