"""Feed damaged files to every reader: `python -m tests.fuzz --minutes 10`.

A reader may give a result, or raise one `UserError` of one line. Anything else (another error, a crash, a
hang) is kept with its input under build/fuzz, and the command that does it again is printed.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from stages.common.errors import UserError
from tests.fuzz.mutate import mutated
from tests.fuzz.readers import READERS, Reader

KEPT = Path("build/fuzz")
SECONDS = 30.0
LARGEST_MEMORY = 24 << 30
TURN = 3.0


def problem_of(reader: Reader, folder: Path, content: bytes) -> str | None:
    """What is wrong with how a reader takes these bytes."""
    path = folder / reader.file
    path.write_bytes(content)
    try:
        reader.read(path)
    except UserError as error:
        return f"an error of several lines: {error}" if "\n" in str(error) else None
    except Exception:
        return traceback.format_exc()
    return None


def _work(name: str, seed: int, first: int, seconds: float, pipe: Connection) -> None:
    """Cases from `first` on; the number of each is told before it is tried."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    reader, end = READERS[name], time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        reader.make(folder / reader.file)
        whole = (folder / reader.file).read_bytes()
        pipe.send((-1, problem_of(reader, folder, whole), b""))
        case = first
        while time.monotonic() < end:
            content = mutated(whole, np.random.default_rng([seed, case]))
            pipe.send((case, None, content))
            if problem := problem_of(reader, folder, content):
                pipe.send((case, problem, content))
            case += 1
        pipe.send((case, "done", b""))


def turn(name: str, seed: int, first: int, seconds: float) -> tuple[int, list[tuple[int, str, bytes]]]:
    """Let a reader read for some seconds in a process of its own; the next case, and what went wrong."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_work, args=(name, seed, first, seconds, theirs)
    )
    process.start()
    theirs.close()
    problems: list[tuple[int, str, bytes]] = []
    case, content = first, b""
    try:
        while True:
            if not ours.poll(SECONDS):
                process.kill()
                return case + 1, [*problems, (case, f"a hang of more than {SECONDS:g} s", content)]
            case, problem, content = ours.recv()
            if problem == "done":
                return case, problems
            if problem:
                problems.append((case, problem, content))
    except EOFError:
        process.join()
        return case + 1, [*problems, (case, f"a crash with code {process.exitcode}", content)]
    finally:
        process.join()
        ours.close()


def keep(name: str, seed: int, case: int, problem: str, content: bytes) -> str:
    """Write down what went wrong; returns the command that does it again."""
    place = KEPT / f"{name}-{seed}-{case}"
    place.mkdir(parents=True, exist_ok=True)
    (place / READERS[name].file).write_bytes(content)
    command = f"python -m tests.fuzz --reader {name} --file {place / READERS[name].file}"
    (place / "problem.txt").write_text(f"{command}\n\n{problem}\n")
    return command


def again(name: str, file: Path) -> None:
    """Read one kept file as it was read, its traceback and all."""
    reader = READERS[name]
    with tempfile.TemporaryDirectory() as place:
        reader.make(Path(place) / reader.file)
        (Path(place) / reader.file).write_bytes(file.read_bytes())
        try:
            print("read:", reader.read(Path(place) / reader.file))
        except UserError as error:
            print("refused:", error)


def main() -> None:
    """Give each reader its turns until the time is up."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--reader", action="append", choices=READERS)
    parser.add_argument("--file", type=Path, help="read this one file again")
    chosen = parser.parse_args()
    names = chosen.reader or list(READERS)
    if chosen.file:
        again(names[0], chosen.file)
        return
    next_case, found = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    end = time.monotonic() + 60 * chosen.minutes
    while time.monotonic() < end:
        for name in names:
            seconds = min(TURN, 60 * chosen.minutes / len(names))
            next_case[name], problems = turn(name, chosen.seed, next_case[name], seconds)
            for case, problem, content in problems:
                found[name] += 1
                if found[name] <= 5:
                    last = problem.strip().splitlines()[-1]
                    print(
                        f"{name}, case {case}: {last}\n  {keep(name, chosen.seed, case, problem, content)}",
                        flush=True,
                    )
    for name in names:
        print(f"{name:22} {next_case[name]:8,} files, {found[name]} problems")
    print(f"seed {chosen.seed}: {sum(next_case.values()):,} files, {sum(found.values())} problems")
    sys.exit(1 if sum(found.values()) else 0)


if __name__ == "__main__":
    main()
