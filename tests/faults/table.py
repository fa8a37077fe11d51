"""The table of faults, written by the tests that inject them.

A test marked `fault("what is done to the pipeline", lost="what that costs")` must see something happen: the
errors raised while it runs are recorded, and `seen(...)` adds what else it has observed. One that saw
nothing fails. `--fault-table PATH` writes a row per test that passed.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stages.common.errors import UserError

_HEARD = pytest.StashKey[list[str]]()
_RAISED = pytest.StashKey[list[str]]()
_TEMPORARY = re.compile(r"/tmp/pytest-of-[^/\s]+/pytest-\d+/(popen-gw\d+/)?[^/\s:;,)]+/?")
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_PORT = re.compile(r"(127\.0\.0\.1):\d+")
_LONGEST = 420

HEAD = """# Faults, and what becomes of them

Written by `make faults`, which does each of these things to the pipeline and watches. "What happened" was
seen by the test that is named, in its last run; a test that sees nothing fails, and then nothing is written.

| fault | what happened | what was lost | test | cases | seconds |
|---|---|---|---|---:|---:|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", metavar="PATH", help="write the table of faults to this file")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fault-table") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Table(Path(config.getoption("--fault-table"))))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_HEARD], item.stash[_RAISED] = [], []
    if marker := item.get_closest_marker("fault"):
        place = f"{item.path.relative_to(item.config.rootpath)}::{item.name.split('[')[0]}"
        item.user_properties.append(("fault", [marker.args[0], marker.kwargs["lost"], place]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    if item.get_closest_marker("fault") is None:
        return (yield)
    with pytest.MonkeyPatch.context() as patch:

        def recorded(_: UserError, *args: Any) -> None:
            item.stash[_RAISED].extend(map(str, args))

        patch.setattr(UserError, "__init__", recorded)
        result = yield
    happened = item.stash[_HEARD] or item.stash[_RAISED][:1]
    if not happened:
        pytest.fail("the test is marked as a fault and has seen nothing happen")
    item.user_properties.append(("happened", "; ".join(map(_tidy, happened))))
    return result


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Puts what the test has observed into the table, in place of the first error raised."""
    return request.node.stash[_HEARD].append


def _tidy(text: str) -> str:
    text = _TEMPORARY.sub("", " ".join(text.split()).removeprefix("error: "))
    return _PORT.sub(r"\1", _HASH.sub(r"\1…", text))


class Table:
    """Collects the reports of the tests, from the workers of xdist too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = dict(report.user_properties)
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if "fault" not in facts or not (report.when == "call" or report.skipped):
            return
        happened = facts.get("happened", "")
        if report.skipped:
            happened = f"not done on this machine: {report.longrepr[2].removeprefix('Skipped: ')}"
        self.rows.setdefault(tuple(facts["fault"]), []).append((happened, self.seconds[report.nodeid]))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == 0 and self.rows:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(HEAD + "".join(map(_row, sorted(self.rows.items(), key=lambda r: r[0][2]))))


def _row(entry: tuple[tuple[str, str, str], list[tuple[str, float]]]) -> str:
    (what, lost, test), cases = entry
    happened, seconds = cases[0][0], sum(seconds for _, seconds in cases)
    if len(happened) > _LONGEST:
        happened = f"{happened[:_LONGEST]}…"
    cells = [what, happened, lost, f"`{test.removeprefix('tests/')}`", str(len(cases)), f"{seconds:.1f}"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
