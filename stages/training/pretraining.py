"""A kind of pretraining, as its system's folder brings it, and the file that it leaves for grounding."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import torch
from torch import nn

from stages.common import registry
from stages.common.errors import DataError
from stages.common.params import Params
from stages.networks.interface import Pretrained
from stages.training import checkpoints
from stages.training.loop import Task
from stages.training.model import Model


@runtime_checkable
class Pretraining(Protocol):
    """One run: what is trained, on what, and what is reported of it afterwards."""

    @property
    def model(self) -> Model:
        """The weights of its `network` go on to grounding."""

    @property
    def task(self) -> Task[Model]:
        """What is learned. Its data need not be the queries."""

    @property
    def stop_after(self) -> int | None:
        """The steps to take, where they are fewer than the epochs hold."""

    def learned(self) -> dict[str, float]:
        """Figures of what the trained model knows, for the metrics."""

    def schedule(self) -> pd.DataFrame | None:
        """How the task changed with the steps (`step, stage, seen`), for a plot; None where it did not."""


@runtime_checkable
class Kind(Protocol):
    """What `methods.<row>.pretraining` names; `SYSTEM` in the system's `__init__.py` says where it is."""

    def inputs(self) -> list[Path]:
        """The files that it reads: other bytes in them make another run."""

    def facts(self, params: Params) -> dict[str, Any]:
        """What the shape and the meaning of the weights depend on; grounding refuses others."""

    def prepare(self, params: Params, name: str, device: torch.device) -> Pretraining:
        """A run for the row `name`, whose effective settings `params` holds."""


def kind_of(name: str) -> Kind:
    """The kind that a system has registered under this name."""
    return registry.load(registry.pretrainings()[name].at)


def path_of(name: str) -> Path:
    """The file of a row."""
    return Path(f"models/{name}/pretrained.safetensors")


def facts_of(params: Params, name: str) -> dict[str, Any]:
    """What is stored with the weights of a row; nothing where it is not pretrained."""
    kind = params.methods[name].pretraining
    return {} if kind == "none" else {"pretraining": kind, **kind_of(kind).facts(params)}


def read_facts(params: Params, name: str) -> dict[str, Any]:
    """How a row was pretrained; refused when it was for other inputs or another encoder."""
    # As JSON has them: lists for tuples.
    expected = checkpoints.plain(facts_of(params, name))
    if not expected:
        return {}
    _, facts = _read(name)
    different = [key for key in expected if facts.get(key) != expected[key]]
    if different:
        raise DataError(
            f"{path_of(name)} was pretrained with other {', '.join(different)}: it has "
            f"{ {key: facts.get(key) for key in different} }, the params say "
            f"{ {key: expected[key] for key in different} }; {_cure(name)}"
        )
    return facts


def load_into(first: nn.Module, name: str) -> None:
    """Put the pretrained weights into a network's first encoder."""
    weights, _ = _read(name)
    if not isinstance(first, Pretrained):
        raise TypeError(f"{type(first).__name__} has no method `take`, so it can't be pretrained")
    first.take(weights)


def _read(name: str) -> tuple[checkpoints.Tensors, dict[str, Any]]:
    return checkpoints.load(path_of(name), _cure(name))


def _cure(name: str) -> str:
    return f"run `dvc repro -sf pretrain@{name}`"
