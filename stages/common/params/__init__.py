"""params.yaml, read once, typed and validated whole before any work."""

from stages.common.params.load import load_params
from stages.common.params.schema import Params

__all__ = ["Params", "load_params"]
