"""docs/faults.md has a row for each test that injects a fault, and for no other."""

import ast
import re

import pytest

from tests.paths import ROOT

TABLE = ROOT / "docs/faults.md"
pytest_plugins = ["pytester"]


def faults_in(path):
    """The tests of a file that are marked, on themselves or on one of their cases."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and any(
            "mark.fault" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield f"{path.relative_to(ROOT / 'tests')}::{node.name}"


def test_the_table_is_of_these_tests():
    marked = {name for path in sorted((ROOT / "tests").rglob("test_*.py")) for name in faults_in(path)}
    assert set(re.findall(r"`([\w/]+\.py::\w+)`", TABLE.read_text())) == marked, "run `make faults`"
    assert len(marked) > 60


EXAMPLE = """
import pytest
from stages.common.errors import DataError

@pytest.mark.fault("a | b", lost="nothing")
@pytest.mark.parametrize("n", [1, 2])
def test_told(n, tmp_path):
    with pytest.raises(DataError):
        raise DataError(f"{tmp_path}/a.json is damaged {n}")

@pytest.mark.fault("c", lost="a step")
def test_seen(seen):
    seen("it went on")

@pytest.mark.fault("d", lost="nothing")
def test_elsewhere():
    pytest.skip("only root may")
"""


def written(pytester, content):
    pytester.makepyfile(content)
    result = pytester.runpytest_subprocess(
        "-p", "tests.faults.table", "--fault-table", "t.md", "-p", "no:cacheprovider"
    )
    return result, pytester.path / "t.md"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_rows_hold_what_was_seen(pytester):
    result, table = written(pytester, EXAMPLE)
    result.assert_outcomes(passed=3, skipped=1)
    # The folders of the inner run lie within the outer one's.
    content = table.read_text().replace("runpytest-0/test_told_1_0/", "")
    rows = [re.sub(r"[\d.]+ \|$", "s |", line) for line in content.splitlines()[-3:]]
    name = "test_rows_hold_what_was_seen.py"
    assert rows == [
        f"| d | not done on this machine: only root may | nothing | `{name}::test_elsewhere` | 1 | s |",
        f"| c | it went on | a step | `{name}::test_seen` | 1 | s |",
        rf"| a \| b | a.json is damaged 1 | nothing | `{name}::test_told` | 2 | s |",
    ]


def test_a_fault_that_was_not_seen_fails_and_nothing_is_written(pytester):
    result, table = written(
        pytester, EXAMPLE + "\n@pytest.mark.fault('e', lost='x')\ndef test_blind(): pass\n"
    )
    result.assert_outcomes(passed=3, skipped=1, failed=1)
    result.stdout.fnmatch_lines(["*has seen nothing happen*"])
    assert not table.exists()
