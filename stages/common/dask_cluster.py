"""Tasks on the workers of a Dask cluster; what a lost worker had in hand, another one does again."""

import logging
import pickle
import platform
import re
import runpy
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from stages.common.artifacts import code_fingerprint
from stages.common.errors import UserError, one_line

if TYPE_CHECKING:
    from distributed import Client, Future

    from stages.common.dask_worker import Place

T = TypeVar("T")
_KEPT = "what is finished is kept: run the same command again"
SECONDS_TO_ANSWER = 10.0
# A cluster may have to ask for its workers first; and all may be gone for a moment.
SECONDS_WITHOUT_WORKERS = 60.0
_LOOK_EVERY = 1.0


def on_cluster(
    address: str, function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], name: str
) -> Iterator[tuple[int, T]]:
    """The number and the result of every task, as they come."""
    with _client(address) as client, _place() as place:
        import cloudpickle
        from distributed import CancelledError, KilledWorker

        do, finished, run = _by_value(), Queue[Any](), uuid4().hex
        # Kept till the end: Dask forgets what nobody holds. The names are seen on its dashboard.
        futures = [
            client.submit(do, place, cloudpickle.dumps((function, task)), key=f"{name}-{run}-{number}")
            for number, task in enumerate(tasks)
        ]
        for number, future in enumerate(futures):
            future.add_done_callback(lambda future, number=number: finished.put((number, future)))
        for _ in tasks:
            number, future = _next(client, finished, address)
            try:
                unfit, result = future.result()
            except KilledWorker as error:
                raise UserError(
                    f"a task of {name} ended {error.allowed_failures + 1} workers of {address}, the last one "
                    f"{error.last_worker.address}, perhaps for want of memory; {_KEPT}, if need be on "
                    "workers with more (--memory-limit)"
                ) from None
            except CancelledError:
                raise UserError(
                    f"the Dask scheduler {address} is gone, or has dropped the work; {_KEPT}"
                ) from None
            if unfit:
                raise UserError(unfit)
            yield number, result


@contextmanager
def _client(address: str) -> Iterator["Client"]:
    expected = "expected an address as `dask scheduler` prints it, e.g. tcp://10.0.0.1:8786"
    if not re.fullmatch(r"(tcp|tls)://\S+:\d+", address):
        raise UserError(f"SVG_DASK={address}: {expected}")
    try:
        from distributed import Client
    except ImportError:
        raise UserError(
            f"SVG_DASK={address}, but Dask is not installed; run `pip install '.[dask]'`, or unset SVG_DASK"
        ) from None
    for name in ("distributed", "distributed.client"):
        # What it says, with tracebacks, is said here in one line.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except OSError as error:
        raise UserError(
            f"SVG_DASK={address}: no Dask scheduler answers there ({one_line(error)}); {expected}; start "
            "one, or unset SVG_DASK"
        ) from None
    with client:
        yield client


@contextmanager
def _place() -> Iterator["Place"]:
    from stages.common import dask_worker

    folder = Path(".checkpoints").absolute()
    folder.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="seen-by-workers-") as token:
        yield {
            "folder": str(Path.cwd()),
            "token": token.name,
            "code": str(Path(__file__).parents[2]),
            "state": code_fingerprint("."),
            "versions": {**dask_worker.versions(), "host": platform.node()},
        }


class _Sent:
    """Arrives at a worker as the function that it was made from, even where its module isn't installed."""

    def __init__(self, pickled: bytes) -> None:
        self.pickled = pickled

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self.pickled,)

    def __call__(self, *_: Any) -> Any:
        raise TypeError("this runs on workers only")


def _by_value() -> _Sent:
    import cloudpickle

    # Not imported but run, its functions belong to no module that a worker would look for.
    source = Path(__file__).with_name("dask_worker.py")
    return _Sent(cloudpickle.dumps(runpy.run_path(str(source), run_name="svg_dask_worker")["do"]))


def _next(client: "Client", finished: "Queue[tuple[int, Future]]", address: str) -> "tuple[int, Future]":
    """The next task that is done; refuses to wait for ever where nobody works."""
    seen = time.monotonic()
    while True:
        try:
            return finished.get(timeout=_LOOK_EVERY)
        except Empty:
            if _has_workers(client):
                seen = time.monotonic()
            elif time.monotonic() - seen > SECONDS_WITHOUT_WORKERS:
                raise UserError(
                    f"the Dask cluster {address} has had no worker for {SECONDS_WITHOUT_WORKERS:.0f} s; "
                    f"start some, e.g. `dask worker {address} --nthreads 1`; {_KEPT}"
                ) from None


def _has_workers(client: "Client") -> bool:
    try:
        return bool(client.scheduler_info(n_workers=1)["workers"])
    except OSError:
        # The scheduler is gone: its tasks will tell.
        return False
