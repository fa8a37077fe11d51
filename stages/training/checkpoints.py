"""A run's state in one safetensors file: exact, atomic, never another run's, never two runs at once."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from stages.common.artifacts import fingerprint, held_alone, written_whole
from stages.common.errors import DataError
from stages.training.origins import tell_what_is_other

Tensors = dict[str, Tensor]

LAST, BEFORE = "last.safetensors", "before.safetensors"
_SHA256 = "sha256"


def save(path: Path, tensors: Tensors, facts: dict[str, Any]) -> None:
    """Write tensors and a JSON object; a reader finds the old file or the new one."""
    with written_whole(path) as temporary:
        _write(temporary, tensors, facts)


def _write(path: Path, tensors: Tensors, facts: dict[str, Any]) -> None:
    # A tensor that shares memory with another one can't be stored.
    whole = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(whole, path, {"facts": json.dumps({**facts, _SHA256: _digest(whole, facts)})})
    except SafetensorError as error:
        # What the disk refuses it says in words alone.
        if refused := re.search(r"\(os error (\d+)\)", str(error)):
            number = int(refused[1])
            raise OSError(number, os.strerror(number), str(path)) from None
        raise


def load(path: Path, cure: str) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save` wrote, if it is as it was written; nothing is unpickled."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = json.loads(file.metadata()["facts"])
        expected = facts.pop(_SHA256)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {cure}") from None
    except (SafetensorError, AttributeError, KeyError, TypeError, json.JSONDecodeError, OSError) as error:
        raise DataError(f"{path} is no whole safetensors file of ours ({error}); {cure}") from None
    if _digest(tensors, facts) != expected:
        raise DataError(f"{path} is damaged: its content has not the sha256 it was written with; {cure}")
    return tensors, facts


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as `load` gives them back: lists for tuples."""
    return json.loads(json.dumps(facts))


def save_state(folder: Path, tensors: Tensors, facts: dict[str, Any]) -> None:
    """Write how far a run is; the state before stays, for the case that this one is damaged."""
    with written_whole(folder / LAST) as temporary:
        _write(temporary, tensors, facts)
        if (folder / LAST).exists():
            os.replace(folder / LAST, folder / BEFORE)


def load_state(folder: Path) -> tuple[Path, Tensors, dict[str, Any]] | None:
    """The newest whole state of a run, and the file that holds it; None where there is none yet."""
    damaged: list[str] = []
    for path in (folder / LAST, folder / BEFORE):
        if not path.exists():
            continue
        try:
            return path, *load(path, "the checkpoint before it is looked for")
        except DataError as error:
            damaged.append(str(error))
            print(f"{error}")
    if damaged:
        raise DataError(f"{damaged[0]}; no other is whole: remove {folder} to train from the start")
    return None


def _digest(tensors: Tensors, facts: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        content = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {content.dtype} {list(content.shape)}".encode())
        digest.update(content.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


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
def run_folder(stage: str, method: str, made_from: dict[str, Any], alone: bool = True) -> Iterator[Path]:
    """The folder of this run's checkpoints, outside DVC's outputs, held by one run at a time.

    It is named by what the run is made from, so that no run resumes another's state; what earlier params
    left behind goes when a run ends well. Of processes that train together the first one holds it.
    """
    folder = Path(".checkpoints") / stage / method / fingerprint(made_from)
    folder.mkdir(parents=True, exist_ok=True)
    if not alone:
        yield folder
        return
    with held_alone(folder.parent, f"is training {method}"):
        tell_what_is_other(folder, made_from)
        yield folder
        for entry in folder.parent.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
