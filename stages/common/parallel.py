"""Shards as tasks: the same bytes whatever the engine or the number of workers.

Where the work runs must not change what DVC hashes, so it is set by the environment: `SVG_WORKERS`
(default: the cores at hand; 0 or 1: no worker process), or `SVG_DASK`, the address of a Dask scheduler.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from stages.common.errors import UserError

T = TypeVar("T")


def worker_count() -> int:
    """How many worker processes to use."""
    text = os.environ.get("SVG_WORKERS", "")
    if not text:
        return joblib.cpu_count()
    if not text.isdigit():
        raise UserError(f"SVG_WORKERS={text}: expected a whole number, e.g. SVG_WORKERS=2")
    return int(text)


@contextmanager
def one_process() -> Iterator[None]:
    """Work in this process, so that its CPU clock sees all of it."""
    before = {name: os.environ.pop(name, None) for name in ("SVG_WORKERS", "SVG_DASK")}
    os.environ["SVG_WORKERS"] = "1"
    try:
        yield
    finally:
        del os.environ["SVG_WORKERS"]
        os.environ |= {name: value for name, value in before.items() if value is not None}


def run_tasks(
    function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], name: str, unit: str, items: int
) -> list[T]:
    """Call `function(*task)` for each task, in worker processes; results come in task order.

    `items` is what the tasks hold together, so that the bar counts clips and not shards.
    """
    results: dict[int, T] = {}
    # `disable=None` keeps the bar off when stderr is not a terminal.
    with tqdm(total=items, desc=name, unit=unit, disable=None, smoothing=0.1) as bar:
        try:
            for number, result in _finished(function, tasks, name):
                results[number] = result
                bar.update(round(items * len(results) / len(tasks)) - bar.n)
        except TerminatedWorkerError:
            raise UserError(
                f"a worker process of {name} was killed, perhaps for want of memory; what is finished is "
                "kept: run the same command again, if need be with fewer workers (SVG_WORKERS)"
            ) from None
    return [results[number] for number in range(len(tasks))]


def _finished(
    function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], name: str
) -> Iterable[tuple[int, T]]:
    """The number and the result of every task, as they come."""
    if address := os.environ.get("SVG_DASK"):
        from stages.common.dask_cluster import on_cluster

        return on_cluster(address, function, tasks, name)
    workers = min(worker_count(), len(tasks))
    if workers <= 1:
        return enumerate(function(*task) for task in tasks)
    # One thread per worker: two workers with two threads each are slower than without.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        return enumerate(
            joblib.Parallel(n_jobs=workers, return_as="generator")(
                joblib.delayed(_in_folder)(Path.cwd(), function, task) for task in tasks
            )
        )


def _in_folder(folder: Path, function: Callable[..., T], task: tuple[Any, ...]) -> T:
    # Paths are relative, and a worker may have been started by earlier work in another folder.
    os.chdir(folder)
    return function(*task)
