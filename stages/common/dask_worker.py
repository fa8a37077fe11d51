"""What a worker of a Dask cluster does with a task.

This module is sent to the worker, which needs to know nothing of the project; so it imports nothing of it.
A worker lives longer than a stage, and may be lent to another checkout or to changed code in between.
"""

import importlib
import multiprocessing
import os
import pickle
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypedDict

from distributed import get_worker

# Of another version they may write other bytes.
_PACKAGES = ("av", "h5py", "numpy", "pandas", "pyarrow", "soundfile", "soxr", "torch", "torchaudio")


class Place(TypedDict):
    """Where the work is done, and with what."""

    folder: str
    # A file of the run that is at work now, by which a worker sees that its folder is the same one.
    token: str
    code: str
    # The hash of the code.
    state: str
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """What is installed here."""
    found = {"python": ".".join(platform.python_version_tuple()[:2]), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            # What torch was built for stands behind a +.
            found[package] = version(package).split("+")[0]
        except PackageNotFoundError:
            found[package] = "none"
    return found


def do(place: Place, work: bytes) -> tuple[str, Any]:
    """Why this worker can't do the work, else nothing; and the work's result."""
    worker: Any = get_worker()
    before: Place | None = getattr(worker, "svg_place", None)
    if before != place:
        if reason := unfit(place, worker.state.nthreads):
            return f"the Dask worker {worker.address} {reason}", None
        if before is None or (before["code"], before["state"]) != (place["code"], place["state"]):
            _take_code(place["code"], before["code"] if before else None)
        worker.svg_place = place
    os.chdir(place["folder"])
    function, task = pickle.loads(work)
    return "", function(*task)


def unfit(place: Place, threads: int) -> str:
    """Why a worker of so many threads can't work at this place; nothing if it can."""
    if threads != 1:
        return (
            f"has {threads} threads, and a folder of work is a process' own: start it with --nthreads 1, and "
            "--nworkers for several processes (LocalCluster, SLURMCluster: processes as many as cores)"
        )
    if not Path(place["token"]).exists():
        return (
            f"on {platform.node()} does not see the folder {place['folder']} of {place['versions']['host']}: "
            "put the project on a file system that all machines have under the same path"
        )
    here, there = versions(), place["versions"]
    for package, found in here.items():
        if found != there[package]:
            return (
                f"has {package} {found}, this process {there[package]}, which may write other bytes: start "
                "workers in the environment that the stage runs in"
            )
    return ""


def _take_code(folder: str, before: str | None) -> None:
    """Import the project from this folder, as it is now, and forget it as it was."""
    for name in [name for name in sys.modules if name.split(".")[0] == "stages"]:
        del sys.modules[name]
    if before in sys.path:
        sys.path.remove(before)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    # Dask's workers may have no children; some recognisers need them, to end what they leak.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
