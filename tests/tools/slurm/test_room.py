"""Array jobs: what is submitted, and, through a stand-in for sbatch, what becomes of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from stages.tools.slurm import __main__ as room
from stages.tools.sweep.plans import PLANS
from tests.faults.test_dvc import BLIND
from tests.paths import ROOT
from tests.training import worlds


def sh(command):
    run = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout of one stage, with DVC's cache elsewhere; in PATH an sbatch that runs the tasks at once."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in [name for name in os.environ if name.startswith(("GIT_", "DVC_STAGE"))]:
        monkeypatch.delenv(name)
    path = f"{ROOT / 'tests/tools/slurm/bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    worlds.write_corpus(Path())
    shutil.rmtree("data/mels")
    worlds.params()
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"blind": BLIND}}))
    sh("git init -q && git config user.name a && git config user.email a@b")
    Repo.init().close()
    sh(f"dvc config -q --local cache.dir {tmp_path / 'cache'}; git add -A && git commit -qm start")
    return tmp_path / "checkout"


@pytest.fixture
def slurm(project, monkeypatch, capsys):
    """The command; what it prints."""

    def call(*words, expect=0):
        assert Path.cwd() == project
        monkeypatch.setattr(sys, "argv", ["slurm", *words])
        if expect:
            with pytest.raises(SystemExit) as end:
                room.main()
            assert end.value.code == expect
        else:
            room.main()
        said = capsys.readouterr()
        return said.err if expect else said.out

    return call


def test_a_dry_run_shows_every_job_and_submits_none(project, slurm):
    Path("runs.txt").write_text(
        "# noises\nnoise.level=clean\n\nnoise.level=large 'noise.coverage=[0.5, 0.6]'\n"
    )
    commit, bin_folder = sh("git rev-parse HEAD").strip(), Path(sys.executable).parent
    first, *jobs, command = slurm("runs.txt", "--dry-run", "--", "--gres=gpu:1", "--time=1:00").splitlines()
    assert first == f"2 runs, 0 of them done on {commit[:8]}"
    assert jobs == [
        "  0 level-clean: noise.level=clean",
        "  1 level-large--coverage--0-5-0-6: noise.level=large 'noise.coverage=[0.5, 0.6]'",
    ]
    words = command.split()
    assert words[:4] == ["sbatch", "--array=0-1", "--job-name=svg", "--requeue"]
    assert words[5:8] == ["--gres=gpu:1", "--time=1:00", str(ROOT / "stages/tools/slurm/job.sh")]
    assert words[8:12] == [str(project), commit, str(project.parent / "cache"), str(bin_folder)]
    assert not Path(".dvc/tmp/slurm").exists()
    plan = slurm("table2", "--seeds", "0,1", "--jobs", "4", "--dry-run")
    assert "sbatch --array=0-25%4 --job-name=svg" in plan
    assert plan.count("\n") == 2 + 2 * len(PLANS["table2"].rows)
    assert " 1 vqcpc--seed-0: 'compare=[vqcpc]' training_seed=0 machine.processes=1\n" in plan


def test_bash_can_read_the_job():
    sh(f"bash -n {ROOT / 'stages/tools/slurm/job.sh'}")


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        ("noise.levle=large", 2, "noise.levle=large: Could not override 'noise.levle'"),
        ("noise.level=loud", 2, "noise.level=loud: `noise.level` is 'loud'; allowed: 'clean', 'normal'"),
        ("seed=1\nseed=1", 3, "runs.txt, line 2: seed-1 is there twice; remove one"),
        ("'seed=1", 3, "runs.txt can't be read as lines of settings (No closing quotation)"),
        ("# none", 3, "runs.txt has no line with settings, such as: noise.level=large"),
        (None, 1, "runs.txt does not exist; name a file of runs, or a plan: table2, figure4"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_cannot_run_is_not_submitted(slurm, lines, code, says):
    if lines is not None:
        Path("runs.txt").write_text(lines)
    said = slurm("runs.txt", expect=code)
    assert said.startswith(f"error: {says}")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("project")
def test_changes_that_are_not_committed_and_a_missing_or_angry_sbatch_are_told_of(
    slurm, monkeypatch, tmp_path
):
    Path("runs.txt").write_text("seed=1")
    worlds.params(seed=7)
    assert "error: params.yaml differ from the commit" in slurm("runs.txt", expect=1)
    sh("git checkout -q HEAD -- .")
    git_only = tmp_path / "bin"
    git_only.mkdir()
    (git_only / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(git_only))
    assert "there is no sbatch in PATH; run this where Slurm is, or" in slurm("runs.txt", expect=1)
    (git_only / "sbatch").write_text("#!/bin/sh\necho 'invalid partition\n!' >&2; exit 4\n")
    (git_only / "sbatch").chmod(0o755)
    assert slurm("runs.txt", expect=1) == "error: sbatch ended with 4: invalid partition !\n"


@pytest.mark.e2e
def test_each_job_leaves_its_experiment_in_the_checkout(project, slurm):
    Path("runs.txt").write_text("seed=1\nseed=2\n")
    # The second one breaks off, as by a time limit; its clone is kept.
    hook = project.parent / "broken"
    broken = f"test ! -e {hook} || ! grep -q 'seed: 2' params.yaml"
    stages = {"blind": BLIND | {"cmd": f"{broken} && python -m stages.blind"}}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    sh("git commit -qam 'it can break'")
    jobs = project / ".dvc/tmp/slurm" / sh("git rev-parse HEAD")[:8]
    hook.touch()
    assert "2 runs, 0 of them done" in slurm("runs.txt", "--jobs", "1")
    assert "Pushed" not in (jobs / "7_1.log").read_text()
    assert not (jobs / "seed-1").exists()
    (jobs / "seed-2/was-here").touch()
    hook.unlink()
    # The same command submits what is missing, and the job goes on in its clone.
    assert "2 runs, 1 of them done" in slurm("runs.txt", "--dry-run")
    with (jobs / "seed-2.lock").open("w") as lock:
        subprocess.run(["flock", "-n", str(lock.fileno())], pass_fds=[lock.fileno()], check=True)
        slurm("runs.txt")
        assert (jobs / "7_0.log").read_text() == "seed-2 is at work in another job\n"
    assert (jobs / "seed-2/was-here").exists()
    slurm("runs.txt")
    assert slurm("runs.txt").endswith("2 runs, 2 of them done on " + jobs.name + "\n")
    assert sorted(path.suffix for path in jobs.iterdir()) == [".lock", ".lock", ".log", ".log", *[".tsv"] * 3]
    names = sh("git for-each-ref --format='%(refname)' refs/exps").split()
    assert [name.split("/")[-1] for name in names] == ["seed-1", "seed-2"]
    for name in names:
        assert f"\nseed: {name[-1]}\n" in "\n" + sh(f"git show {name}:params.yaml")
        assert '"mIoU": 50.0' in sh(f"git show {name}:metrics/blind.json")
    assert sh("git status --porcelain") == "?? runs.txt\n"
