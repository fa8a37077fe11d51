"""The fuzzer finds what is planted, and the readers stand a short run of it."""

import faulthandler
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from stages.common.errors import DataError
from tests.fuzz import __main__ as fuzz
from tests.fuzz.mutate import WAYS, mutated
from tests.fuzz.readers import READERS, Reader
from tests.paths import ROOT


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("content", [b"", b"a", b"12, 34\n" * 50, bytes(5000)])
def test_every_way_takes_every_content_and_follows_from_the_seed(way, content):
    for seed in range(20):
        first, again = (way(content, np.random.default_rng(seed)) for _ in range(2))
        assert isinstance(first, bytes)
        assert first == again
        assert len(first) < 30_000


def test_damage_is_seldom_none():
    whole = b"the quick brown fox, 3.5\n" * 20
    assert np.mean([mutated(whole, np.random.default_rng(n)) != whole for n in range(200)]) > 0.9


def bad(path):
    content = path.read_bytes()
    if content == b"whole":
        return content
    if content[:1] == b"w":
        raise DataError("one line")
    # What is planted to crash need not fill the screen.
    faulthandler.disable()
    return {"error": lambda: {}["shards"], "crash": os.abort, "hang": lambda: time.sleep(60),
            "lines": lambda: (_ for _ in ()).throw(DataError("a\nb"))}[path.stem]()  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("error", "KeyError: 'shards'"),
        ("crash", "a crash with code -6"),
        ("hang", "a hang"),
        ("lines", "several lines"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_what_is_planted_is_found_and_kept(tmp_path, monkeypatch, kind, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzz, "SECONDS", 1.0)
    monkeypatch.setitem(
        fuzz.READERS, "bad", Reader(f"{kind}.x", lambda path: path.write_bytes(b"whole"), bad)
    )
    case, problems, tries = 0, [], 0
    while not problems and tries < 20:
        case, problems = fuzz.turn("bad", 3, case, 0.3)
        tries += 1
    number, problem, content = problems[0]
    assert says in problem
    assert content == mutated(b"whole", np.random.default_rng([3, number]))
    assert case > number
    command = fuzz.keep("bad", 3, number, problem, content)
    assert f"build/fuzz/bad-3-{number}/{kind}.x" in command
    assert (tmp_path / f"build/fuzz/bad-3-{number}/{kind}.x").read_bytes() == content


@pytest.mark.slow
@pytest.mark.fault(
    "thousands of damaged files of every kind, for every reader (`make fuzz`: ten minutes)", lost="nothing"
)
def test_no_reader_crashes_hangs_or_leaves_a_traceback(seen):
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--minutes", "1"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    last = run.stdout.splitlines()[-1]
    assert len(run.stdout.splitlines()) == len(READERS) + 1
    seen(f"{last}: each file was read, or refused in one line")
