"""The recognisers that `asr.engine` may name: one module each, imported only when it is chosen.

A module here has a class `Engine` that fits `stages.transcripts.engines.interface.Engine` and is made from
the validated section `asr`.
"""

import importlib

from stages.common.params.asr import Asr
from stages.transcripts.engines.interface import Engine


def chosen_engine(asr: Asr) -> Engine:
    """The engine that params.yaml asks for."""
    module = importlib.import_module(f"stages.transcripts.engines.{asr.engine}")
    engine: Engine = module.Engine(asr)
    return engine
