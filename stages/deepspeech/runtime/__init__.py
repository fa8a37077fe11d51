"""The genuine DeepSpeech 0.9.3 runtime, its shared library called by ctypes from any Python.

    with Runtime(library).model(path, scorer) as model:
        model.transcribe(samples)

The runtime is Mozilla's; the weights are whoever's file is loaded.
"""

from stages.deepspeech.runtime.model import Model
from stages.deepspeech.runtime.runtime import Runtime
from stages.deepspeech.runtime.stream import Stream
from stages.deepspeech.runtime.transcript import Token, Transcript, Word

__all__ = ["Model", "Runtime", "Stream", "Token", "Transcript", "Word"]
