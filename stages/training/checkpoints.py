"""A run's state in one safetensors file: exact, atomic, never another run's, never two runs at once."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from stages.common.artifacts import written_whole
from stages.common.errors import DataError, UserError

Tensors = dict[str, Tensor]


def save(path: Path, tensors: Tensors, facts: dict[str, Any]) -> None:
    """Write tensors and a JSON object; a reader finds the old file or the new one."""
    with written_whole(path) as temporary:
        # A tensor that shares memory with another one can't be stored.
        whole = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
        save_file(whole, temporary, {"facts": json.dumps(facts)})


def load(path: Path, cure: str) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save` wrote; nothing is unpickled."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(file.metadata()["facts"])
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {cure}") from None
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError, OSError) as error:
        raise DataError(f"{path} is no whole safetensors file of ours ({error}); {cure}") from None


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    """The optimiser's state, flat."""
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put back what `optimizer_tensors` gave."""
    content = optimizer.state_dict()
    content["state"] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        content["state"].setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict(content)


def below(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names start with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@contextmanager
def run_folder(stage: str, method: str, key: str, alone: bool = True) -> Iterator[Path]:
    """The folder of this run's checkpoints, outside DVC's outputs, held by one run at a time.

    `key` names what the run is made from, so that no run resumes another's state; what earlier params
    left behind goes when a run ends well. Of processes that train together the first one holds it.
    """
    folder = Path(".checkpoints") / stage / method / key
    folder.mkdir(parents=True, exist_ok=True)
    if not alone:
        yield folder
        return
    with (folder.parent / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(
                f"process {lock.read() or '?'} is training {method} in this folder; wait for it or stop it"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder
        for entry in folder.parent.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
