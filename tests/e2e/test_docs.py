"""The pages' commands and Python, page by page, each in a clone with a finished run of the shrunken demo."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.pages import blocks, pages
from tests.e2e.shell import sh

pytestmark = pytest.mark.e2e
# Between what two commands print.
CUT = "\x1e"
# What a reader has: a film and two recordings.
BROUGHT = {
    "holiday.mp4": "cp data/corpus/videos/demo-00001.mp4 holiday.mp4",
    "question.wav": "svground say 'A yellow heart slides to the right.' question.wav",
    "noisy.wav": "svground example noisy.wav",
}


def runs(page):
    """The page's blocks that run, as lines of a shell: each command, or a file with Python."""
    found = []
    for number, block in enumerate(blocks(page, "bash", "python")):
        if block.kind is not None:  # a file of its own: tests/ground/test_leaks.py
            continue
        if block.language == "python":
            path = f".git/shown-{number}.py"
            found.append(
                (f"cat > {path} <<'SHOWN'\n{block.text}SHOWN\nPYTHONPATH=. python {path}", str(block))
            )
        else:
            lines = re.sub(r"\\\n", " ", block.text).splitlines()
            found += [(line, line.split(" #")[0].strip()) for line in lines if line.split("#")[0].strip()]
    return found


def finished(clone, folder):
    """The clone with its finished run once more, where no experiment has run."""
    sh(f"git clone -q {clone} {folder}", clone)
    shutil.copytree(clone / ".dvc/cache", folder / ".dvc/cache")
    sh("dvc checkout -q", folder)
    # The tests' environment is the one that pages activate and that make finds ready.
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").write_text(f"export VENV={shlex.quote(sys.prefix)}\n")
    for name in ("pyproject.toml", "requirements.lock"):
        os.utime(folder / name, (0, 0))
    with (folder / ".git/info/exclude").open("a") as file:
        file.write("".join(f"/{name}\n" for name in BROUGHT))
    return folder


@pytest.mark.parametrize("page", [page for page in pages() if runs(page)])
def test_a_page_says_what_works(page, clone, repro, tmp_path):
    assert repro
    folder = finished(clone, tmp_path / "svg")
    shown = runs(page)
    if any(line.startswith("git commit") for line, _ in shown):
        sh("git reset -q HEAD~1", folder)  # the run is the reader's to commit
    for name, command in BROUGHT.items():
        if any(name in line for line, _ in shown):
            sh(command, folder)
    # One shell for the page, so that it may change folders and set variables.
    script = "".join(f"{line}\nprintf '{CUT}'\n" for line, _ in shown)
    Path(folder / ".git/shown.sh").write_text(script)
    # Both streams in the order in which a reader sees them.
    printed = sh("bash -e .git/shown.sh 2>&1", folder).split(CUT)
    said = {name: text for (_, name), text in zip(shown, printed, strict=False)}
    assert len(printed) == len(shown) + 1
    for command, text in said.items():
        check(command, text)
        # An example says which command comes next.
        if next_one := re.search(r"^ask: (.*)$", text, re.M):
            assert re.search(r"IoU \d\.\d\d", sh(f"{next_one[1]} 2>&1", folder))
    sh("git checkout -q HEAD -- . && git clean -fdq && dvc checkout -q", folder)
    assert sh("git status --porcelain", folder) == ""
    assert "up to date" in sh("dvc status", folder)


def check(command, printed):
    """What tables say is right, too."""
    if command.startswith(("dvc exp show", "dvc metrics show", "dvc metrics diff", "svground report")):
        assert max(map(len, printed.splitlines()), default=0) <= 100, printed
        assert "…" not in printed, printed
    if command.startswith(("dvc exp show", "dvc metrics show", "svground report")):
        assert "mIoU" in printed, printed
    if command.startswith("dvc exp show"):
        found = set(re.findall(r"(clean|large) +(add|convex)|(add|convex) +(clean|large)", printed))
        assert len(found) == 4, printed
    if command == "svground report":
        assert re.search(r"\| large \| convex \|.*\|( \*{0,2}\d+\.\d\*{0,2} \|)+ 1 \|", printed), printed
