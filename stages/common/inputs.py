"""The inputs of a stage that DVC runs are those that dvc.lock says.

DVC takes a file of its cache for whole as long as nobody has touched its time: a bit that the disk has lost
would be trained on. Folders with a manifest are checked when their shards are opened.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stages.common.errors import DataError

_LOCK = Path("dvc.lock")
_PIPELINE = Path("dvc.yaml")


def check_inputs() -> None:
    """Refuse an input with other bytes than its stage has left; nothing to do where DVC does not run us."""
    for path, (maker, expected) in _locked_inputs(os.environ.get("DVC_STAGE", "")).items():
        _check(path, maker, expected)


def check_made(project: Path, stage: str) -> None:
    """Refuse what lies in a checkout with other bytes than the stage that makes it has left there."""
    made, _ = _locked(project)
    for path, (maker, expected) in made.items():
        if maker == stage and _is_for_us(project / path):
            _check(project / path, maker, expected)


def _locked_inputs(stage: str) -> dict[Path, tuple[str, str]]:
    """The inputs of a stage that other stages make: who does, and their md5."""
    if not stage:
        return {}
    made, needed = _locked(Path())
    inputs = [path for path in needed.get(stage, ()) if path in made and _is_for_us(Path(path))]
    return {Path(path): made[path] for path in inputs}


def _locked(project: Path) -> tuple[dict[str, tuple[str, str]], dict[str, list[str]]]:
    """Who made each output, and its md5; and what each stage needs."""
    lock, pipeline = project / _LOCK, project / _PIPELINE
    if not (lock.exists() and pipeline.exists()):
        return {}, {}
    try:
        entries = yaml.safe_load(lock.read_text())["stages"]
        known = yaml.safe_load(pipeline.read_text())["stages"]
        stages = {str(name): entry for name, entry in entries.items() if _is_of(str(name), known)}
        made = {
            str(out["path"]): (name, str(out["md5"]))
            for name, entry in stages.items()
            for out in entry.get("outs", [])
            if "md5" in out
        }
        needed = {name: [str(dep["path"]) for dep in entry.get("deps", [])] for name, entry in stages.items()}
        return made, needed
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, RecursionError, OSError):
        # DVC itself names what is wrong with it.
        return {}, {}


def _is_of(name: str, pipeline: Mapping[str, Any]) -> bool:
    """Whether dvc.yaml has the stage: DVC leaves entries of stages that were renamed in dvc.lock for ever."""
    stage, member, _ = name.partition("@")
    entry = pipeline.get(stage)
    return entry is not None and bool(member) == ("matrix" in entry or "foreach" in entry)


def _is_for_us(path: Path) -> bool:
    try:
        return path.exists() and not (path / "manifest.json").exists()
    except (OSError, ValueError):
        # What stands in a damaged lock may be no name that a file can have.
        return False


def _check(path: Path, maker: str, expected: str) -> None:
    found = _md5_of_folder(path) if path.is_dir() else _md5_of(path)
    if found != expected:
        kept = f"$(dvc cache dir)/files/md5/{expected[:2]}/{expected[2:]}"
        raise DataError(
            f"{path} is damaged: its md5 is {found[:12]}…, dvc.lock says that the stage {maker} left "
            f"{expected[:12]}…; run `rm -rf {path} {kept} && dvc repro -sf {maker}` (or, if you have made it "
            f"yourself, `dvc commit {maker}`)"
        )


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _md5_of_folder(folder: Path) -> str:
    """As DVC names a folder: the hash of the list of its files and their hashes."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    listing = [{"md5": _md5_of(files[name]), "relpath": name} for name in sorted(files)]
    return (
        hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"
    )
