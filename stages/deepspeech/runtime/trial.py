"""A library, a model and a scorer tried out where they can do no harm.

Some files kill the process that reads them: an output layer smaller than the alphabet is read beyond its
end, and so are a scorer and a library that are cut short. A stage learns here, in a process of its own, that
a file is one of these.
"""

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

from stages.common.artifacts import sha256_of
from stages.common.errors import DataError, UserError
from stages.deepspeech.runtime.runtime import Runtime
from stages.deepspeech.runtime.scorer_file import refuse_cut_short

# Of libdeepspeech.so in the published wheels of 0.9.3: one damaged bit of 40 MB shows nowhere else.
LIBRARY_SHA256 = "2c54da65e8eb87c45afd1db34a112f40b2db7ca29352e057f65134ddbbde27a3"
_REPAIR = "copy or make the file again"


def try_model(runtime: Runtime, path: Path, scorer: Path | None) -> int:
    """Load a model and decode with it; its sample rate. Any fault is a `UserError` that names the file."""
    if runtime.path.is_file() and (found := sha256_of(runtime.path)) != LIBRARY_SHA256:
        raise DataError(
            f"{runtime.path} is not the DeepSpeech library: its sha256 is {found[:12]}…, the published one "
            f"has {LIBRARY_SHA256[:12]}…; remove it and run `dvc repro -sf deepspeech`"
        )
    if scorer is not None and scorer.is_file():
        refuse_cut_short(scorer)
    rate = _tried(runtime, path, None)
    return rate if scorer is None else _tried(runtime, path, scorer)


def _tried(runtime: Runtime, path: Path, scorer: Path | None) -> int:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(theirs, runtime, path, scorer))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        process.join()
        raise _killed(path, scorer, -(process.exitcode or 0)) from None
    process.join()
    if isinstance(found, UserError):
        raise found
    return found


def _killed(path: Path, scorer: Path | None, signal: int) -> DataError:
    if scorer is not None:
        # Without it the same model decodes.
        return DataError(
            f"{scorer} ends the DeepSpeech runtime with signal {signal} when it is used; it may be cut "
            f"short: {_REPAIR}"
        )
    return DataError(
        f"{path} ends the DeepSpeech runtime with signal {signal} when it decodes; its alphabet may have "
        f"another size than its output layer: {_REPAIR}"
    )


def _try(answer: Connection, runtime: Runtime, path: Path, scorer: Path | None) -> None:
    try:
        with runtime.model(path, scorer) as model:
            answer.send(model.sample_rate)
    except UserError as error:
        answer.send(error)
