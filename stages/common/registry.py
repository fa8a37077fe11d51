"""What the folders of stages/systems bring. Found by looking, so that a new system is on no list.

A system's `__init__.py` holds `SYSTEM`, which names its modules and does not import them: params.yaml is
checked with it before any network is needed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Literal

# What a row may see of its training queries: full is the moments; weak is which query belongs to which video;
# zero-shot is the videos alone.
Supervision = Literal["full", "weak", "zero-shot"]
SUPERVISIONS: tuple[Supervision, ...] = ("full", "weak", "zero-shot")
QUERIES = ("speech", "captions", "transcripts")

_SYSTEMS = "stages.systems"


@dataclass(frozen=True)
class NetworkEntry:
    """A network that rows can name.

    The module `at` has `build(params, video_features, query, dims)`, which gives the network, and
    `objective(params)`, which gives what it learns from (stages/training/supervision.py).
    """

    at: str
    # What the objective must see; a row can't give it less.
    supervision: Supervision = "full"
    # What it can be asked with.
    queries: tuple[str, ...] = QUERIES
    # The kinds of pretraining whose weights it can take; empty: all kinds. It can always start from scratch.
    taught_by: tuple[str, ...] = ()
    # The sections of params.yaml that shape it, beside those that every row reads.
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PretrainingEntry:
    """A kind of pretraining; `at` is `module:name` of a `Kind` (stages/training/pretraining.py)."""

    at: str
    # What it sees; a row that may see less can't have it.
    supervision: Supervision
    settings: tuple[str, ...] = ()
    # The keys of `pretrain` that it uses, beside those of every optimisation; a row may have its own values.
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """All that a folder of stages/systems brings."""

    networks: Mapping[str, NetworkEntry] = field(default_factory=dict)
    pretraining: Mapping[str, PretrainingEntry] = field(default_factory=dict)
    # Sections of params.yaml of its own: their names, and `module:name` of the class that checks each.
    sections: Mapping[str, str] = field(default_factory=dict)


def networks() -> dict[str, NetworkEntry]:
    """Every network, by the name that `methods.<row>.network` gives."""
    return {name: entry for system in _systems() for name, entry in system.networks.items()}


def pretrainings() -> dict[str, PretrainingEntry]:
    """Every kind of pretraining, by the name that `methods.<row>.pretraining` gives."""
    return {name: entry for system in _systems() for name, entry in system.pretraining.items()}


def sections() -> dict[str, str]:
    """The sections of params.yaml that systems bring."""
    return {name: at for system in _systems() for name, at in system.sections.items()}


def folders() -> list[Path]:
    """Where systems are looked for."""
    return [Path(folder) for folder in import_module(_SYSTEMS).__path__]


def module(at: str) -> ModuleType:
    """The module of an entry."""
    return import_module(at.partition(":")[0])


def load(at: str) -> Any:
    """What `module:name` names."""
    return getattr(module(at), at.partition(":")[2])


def _systems() -> Iterator[System]:
    return (import_module(name).SYSTEM for name in _folders(tuple(import_module(_SYSTEMS).__path__)))


@cache
def _folders(path: tuple[str, ...]) -> list[str]:
    return sorted(found.name for found in iter_modules(path, f"{_SYSTEMS}.") if found.ispkg)
