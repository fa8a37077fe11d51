"""The inputs of a stage that DVC runs are those that dvc.lock says.

DVC takes a file of its cache for whole as long as nobody has touched its time: a bit that the disk has lost
would be trained on. Folders with a manifest are checked when their shards are opened.
"""

import hashlib
import json
import os
from pathlib import Path

import yaml

from stages.common.errors import DataError

_LOCK = Path("dvc.lock")


def check_inputs() -> None:
    """Refuse an input with other bytes than its stage has left; nothing to do where DVC does not run us."""
    for path, (maker, expected) in _locked_inputs(os.environ.get("DVC_STAGE", "")).items():
        _check(path, maker, expected)


def check_made(project: Path, stage: str) -> None:
    """Refuse what lies in a checkout with other bytes than the stage that makes it has left there."""
    made, _ = _locked(project / _LOCK)
    for path, (maker, expected) in made.items():
        if maker == stage and _is_for_us(project / path):
            _check(project / path, maker, expected)


def _locked_inputs(stage: str) -> dict[Path, tuple[str, str]]:
    """The inputs of a stage that other stages make: who does, and their md5."""
    if not stage:
        return {}
    made, needed = _locked(_LOCK)
    inputs = [path for path in needed.get(stage, ()) if path in made and _is_for_us(Path(path))]
    return {Path(path): made[path] for path in inputs}


def _locked(lock: Path) -> tuple[dict[str, tuple[str, str]], dict[str, list[str]]]:
    """Who made each output, and its md5; and what each stage needs."""
    if not lock.exists():
        return {}, {}
    try:
        stages = yaml.safe_load(lock.read_text())["stages"].items()
        made = {
            str(out["path"]): (str(name), str(out["md5"]))
            for name, entry in stages
            for out in entry.get("outs", [])
            if "md5" in out
        }
        return made, {name: [str(dep["path"]) for dep in entry.get("deps", [])] for name, entry in stages}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, RecursionError, OSError):
        # DVC itself names what is wrong with it.
        return {}, {}


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
