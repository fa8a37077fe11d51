"""A fresh clone with a shrunken demo, and its finished run."""

import shutil
import subprocess

import pytest
from dvc.utils.hydra import apply_overrides

from tests.e2e.shell import sh
from tests.paths import ROOT

SHRUNKEN = [
    "corpus.demo.videos=12", "corpus.demo.seconds=[30,40]", "esc50.clips_per_fold=1",
    "pretrain.epochs=1", "ground.epochs=1", "acoustic.epochs=1", "acoustic.hidden=32",
    "networks.speech.width=16", "networks.base.hidden=32", "evaluate.resamples=100",
    # One row that listens and is pretrained, one that reads transcripts.
    "compare=[vgcl,asr]",
]  # fmt: skip


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """The working tree as a clone of its own, with its data still to be made."""
    folder = tmp_path_factory.mktemp("clone") / "svg"
    run = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in run.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    apply_overrides(str(folder / "params.yaml"), SHRUNKEN)
    for command in ("git init -q", "git add -A", "git commit -qm start"):
        sh(command, folder)
    return folder


@pytest.fixture(scope="session")
def repro(clone):
    """What the first `dvc repro` prints; its results are committed."""
    printed = sh("dvc repro", clone)
    sh("git add -A && git commit -qm first", clone)
    return printed
