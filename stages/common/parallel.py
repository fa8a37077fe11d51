"""Shards as tasks: the same bytes whatever the engine or the number of workers.

Where the work runs must not change what DVC hashes, so `SVG_WORKERS` is set by the environment
(default: the cores at hand; 0 or 1: no worker process).
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
    before = os.environ.get("SVG_WORKERS")
    os.environ["SVG_WORKERS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["SVG_WORKERS"]
        else:
            os.environ["SVG_WORKERS"] = before


def run_tasks(
    function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], name: str, unit: str, items: int
) -> list[T]:
    """Call `function(*task)` for each task, in worker processes; results come in task order.

    `items` is what the tasks hold together, so that the bar counts clips and not shards.
    """
    workers = min(worker_count(), len(tasks))
    results = []
    # `disable=None` keeps the bar off when stderr is not a terminal.
    with tqdm(total=items, desc=name, unit=unit, disable=None, smoothing=0.1) as bar:
        try:
            for result in _stream(function, tasks, workers):
                results.append(result)
                bar.update(round(items * len(results) / len(tasks)) - bar.n)
        except TerminatedWorkerError:
            raise UserError(
                f"a worker process of {name} was killed, perhaps for want of memory; what is finished is "
                "kept: run the same command again, if need be with fewer workers (SVG_WORKERS)"
            ) from None
    return results


def _stream(function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], workers: int) -> Iterable[T]:
    if workers <= 1:
        return (function(*task) for task in tasks)
    # One thread per worker: two workers with two threads each are slower than without.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        return joblib.Parallel(n_jobs=workers, return_as="generator")(
            joblib.delayed(_in_folder)(Path.cwd(), function, task) for task in tasks
        )


def _in_folder(folder: Path, function: Callable[..., T], task: tuple[Any, ...]) -> T:
    # Paths are relative, and a worker may have been started by earlier work in another folder.
    os.chdir(folder)
    return function(*task)
