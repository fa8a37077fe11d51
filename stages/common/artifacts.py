"""Files that exist whole or not at all."""

import fcntl
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from stages.common.errors import DataError, UserError, one_line


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept last: libraries choose the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    _clear_halves(path)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _clear_halves(path: Path) -> None:
    """Remove what a killed process has left of this file: it would become a part of the folder's artifact."""
    for half in path.parent.glob(f".{glob.escape(path.stem)}.*.tmp{path.suffix}"):
        writer = half.name.removesuffix(f".tmp{path.suffix}").rpartition(".")[2]
        if writer.isdigit() and not _lives(int(writer)):
            half.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object, keys in the order given."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON object written by stage `made_by`."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise DataError(f"{path} is missing; run `dvc repro {made_by}`, which writes it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is damaged ({one_line(error)}); remove it and run `dvc repro -sf {made_by}`"
        ) from None
    if not isinstance(content, dict):
        raise DataError(f"{path} holds {type(content).__name__}, expected a JSON object")
    return content


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a parquet file; the same table gives the same bytes."""
    with written_whole(path) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd")


def read_table(path: Path, made_by: str) -> pd.DataFrame:
    """Read a parquet file written by stage `made_by`."""
    if not path.exists():
        raise DataError(f"{path} is missing; run `dvc repro {made_by}`, which writes it")
    try:
        return pd.read_parquet(path)
    # Of a damaged file pandas raises what its place suggests: OSError, ValueError, KeyError, …
    except Exception as error:
        raise DataError(
            f"{path} is damaged ({one_line(error)}); remove it and run `dvc repro -sf {made_by}`"
        ) from None


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(*parts: Any) -> str:
    """A short name for what an artifact was made from (params, input hashes, code)."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def code_fingerprint(*folders: str) -> str:
    """The hash of the Python sources below `folders`, relative to the package `stages`."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in folders:
        for source in sorted((root / folder).rglob("*.py")):
            digest.update(str(source.relative_to(root)).encode() + source.read_bytes())
    return digest.hexdigest()


@contextmanager
def held_alone(folder: Path, doing: str) -> Iterator[None]:
    """Keep other processes out of a folder; they are told which one is `doing` what in it."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(
                f"process {lock.read() or '?'} {doing} in this folder; wait for it or stop it"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def resumable_folder(out: Path, key: str) -> Iterator[Path]:
    """Build the content of `out` under `.checkpoints/`, where an interrupted run finds its finished files.

    DVC deletes a stage's outputs before it runs, so half-done work must live elsewhere. It is keyed by
    what it was made from: other params never resume it. When the block ends well, the folder takes the
    place of `out`.
    """
    building = Path(".checkpoints") / out.name / key
    building.parent.mkdir(parents=True, exist_ok=True)
    with held_alone(building.parent, f"is making {out}"):
        building.mkdir(exist_ok=True)
        yield building
        # Of what was killed on another machine, or just now, nobody could say that it is dead.
        for half in building.rglob(".*.tmp*"):
            half.unlink()
        if out.exists():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        os.replace(building, out)
        shutil.rmtree(building.parent)
