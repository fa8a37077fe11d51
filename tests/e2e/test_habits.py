"""What a first user does with DVC, on a shrunken demo: going back, and sharing."""

import shutil

import pytest

from tests.e2e.shell import ran, sh

pytestmark = pytest.mark.e2e
RESULTS = ("models", "predictions", "metrics")


def results(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for part in RESULTS
        for path in (folder / part).rglob("*")
        if path.is_file()
    } | {"dvc.lock": (folder / "dvc.lock").read_bytes()}


@pytest.fixture(scope="module")
def first_run(clone, repro, tmp_path_factory):
    """The first `dvc repro`, not committed: dvc.lock in git has the hashes of files that are nowhere here."""
    assert repro
    folder = tmp_path_factory.mktemp("first") / "svg"
    shutil.copytree(clone, folder, symlinks=True)
    sh("git checkout -q HEAD -- . && dvc checkout -q && git reset -q HEAD~1", folder)
    return folder


def test_what_a_checkout_removes_before_the_first_commit_comes_from_the_cache(first_run):
    before = results(first_run)
    assert "Checkout failed" in sh("git checkout -q HEAD -- . && dvc checkout", first_run, expect=255)
    assert not (first_run / "models/vgcl/grounding.safetensors").exists()
    assert ran(sh("dvc repro", first_run)) == []
    assert results(first_run) == before


def test_the_way_back_from_an_experiment_needs_no_commit(first_run):
    before = results(first_run)
    assert ran(sh("dvc exp run -S evaluate.resamples=200", first_run))
    assert results(first_run) != before
    assert ran(sh("git checkout HEAD -- params.yaml && dvc repro", first_run)) == []
    assert results(first_run) == before


def test_a_colleague_finds_the_files_of_an_experiment(first_run, tmp_path):
    origin, theirs = tmp_path / "origin.git", tmp_path / "theirs"
    sh(f"git init -q --bare {origin} && git remote add origin {origin}", first_run)
    sh(f"dvc remote add -d shared {tmp_path / 'shared'}", first_run)
    sh("git add -A && git commit -qm 'my run, and the remote'", first_run)
    sh("dvc push -q && git push -q origin HEAD:refs/heads/main", first_run)
    assert ran(sh("dvc exp run -n finer -S evaluate.resamples=300", first_run))
    sh("dvc exp push origin finer", first_run)
    wanted = results(first_run)
    # Nothing may come from the first cache.
    shutil.move(first_run / ".dvc/cache", tmp_path / "away")
    sh(f"git clone -q -b main {origin} {theirs}", first_run)
    sh("dvc pull -q", theirs)
    assert "up to date" in sh("dvc repro", theirs)
    sh("dvc exp pull origin finer && dvc exp apply finer", theirs)
    assert results(theirs) == wanted
    assert "up to date" in sh("dvc repro", theirs)
    shutil.move(tmp_path / "away", first_run / ".dvc/cache")
