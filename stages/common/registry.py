"""What the folders of stages/systems bring. Found by their names, so that a new system is on no list."""

from importlib import import_module
from pkgutil import iter_modules

_SYSTEMS = "stages.systems"
_BUILD = "build_"


def networks() -> dict[str, str]:
    """The module that builds each network, by the network's name."""
    found = {}
    for system in iter_modules(import_module(_SYSTEMS).__path__, f"{_SYSTEMS}."):
        if system.ispkg:
            for module in iter_modules(import_module(system.name).__path__, f"{system.name}."):
                name = module.name.rpartition(".")[2]
                if name.startswith(_BUILD):
                    found[name.removeprefix(_BUILD)] = module.name
    return found
