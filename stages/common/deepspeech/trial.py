"""A model tried out where it can do no harm.

Some files kill the process that decodes with them: an output layer smaller than the alphabet is read
beyond its end. A stage learns here, in a process of its own, that a file is one of these.
"""

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

from stages.common.deepspeech.runtime import Runtime
from stages.common.errors import DataError, UserError


def try_model(runtime: Runtime, path: Path, scorer: Path | None) -> int:
    """Load a model and decode with it once; its sample rate. Any fault is a `UserError`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(theirs, runtime, path, scorer))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        process.join()
        raise DataError(
            f"{path} ends the DeepSpeech runtime with signal {-(process.exitcode or 0)} when it decodes; its "
            "alphabet may have another size than its output layer; copy or make the file again"
        ) from None
    process.join()
    if isinstance(found, UserError):
        raise found
    return found


def _try(answer: Connection, runtime: Runtime, path: Path, scorer: Path | None) -> None:
    try:
        with runtime.model(path, scorer) as model:
            answer.send(model.sample_rate)
    except UserError as error:
        answer.send(error)
