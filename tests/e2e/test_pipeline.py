"""A fresh clone, the README's own commands, a shrunken demo."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from tests.common.test_dask import cluster_of

ROOT = Path(__file__).parents[2]
SHRUNKEN = [
    "corpus.demo.videos=12", "corpus.demo.seconds=[30,40]", "esc50.clips_per_fold=1",
    "pretrain.epochs=1", "ground.epochs=1", "acoustic.epochs=1", "acoustic.hidden=32",
    "networks.speech.width=16", "networks.base.hidden=32", "evaluate.resamples=100",
]  # fmt: skip
NOISE_CHANGES = [
    "evaluate@asr", "evaluate@base", "evaluate@text", "evaluate@vgcl",
    "ground@asr", "ground@base", "ground@text", "ground@vgcl", "mels", "mix",
    "pretrain@asr", "pretrain@base", "pretrain@text", "pretrain@vgcl", "rows", "transcripts",
    "words@asr", "words@base", "words@text", "words@vgcl",
]  # fmt: skip
pytestmark = pytest.mark.e2e


def readme_commands():
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("source ")]


@pytest.fixture(scope="module")
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


def sh(command, folder, expect=0):
    """Run a command as a user would, with the tests' environment as the activated one."""
    environment = {
        **{name: os.environ[name] for name in os.environ if not name.startswith(("PYTEST", "DVC", "GIT"))},
        "COLUMNS": "100",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache"),
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    run = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        executable="/bin/bash", timeout=900,
    )  # fmt: skip
    assert run.returncode == expect, f"{command}\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    return run.stdout + run.stderr


def ran(printed):
    """The stages that DVC ran, sorted."""
    return sorted(set(re.findall("Running stage '([\\w@]+)'", printed)))


@pytest.fixture(scope="module")
def repro(clone):
    """What the first `dvc repro` prints; its results are committed."""
    printed = sh("dvc repro", clone)
    sh("git add -A && git commit -qm first", clone)
    return printed


def test_the_first_run_makes_everything(clone, repro):
    assert ran(repro) == sorted([*NOISE_CHANGES, "acoustic", "blind", "corpus", "deepspeech", "esc50"])
    for name in ("corpus/videos", "esc50/audio", "mixed", "mels", "words"):
        assert (clone / "data" / name).is_dir()
    for name in ("models/base/grounding.safetensors", "predictions/asr.parquet", "metrics/blind.json"):
        assert (clone / name).is_file()
    table = repro[repro.rindex("R@1, IoU") :]
    assert re.search(r"\nbase .*\nvgcl .*\nasr .*\ntext .*\n─+ blind ─+\nwhole video", table, re.S)
    assert "queries of 12 videos" in repro


def test_the_second_run_does_nothing(clone, repro):
    assert repro
    printed = sh("dvc repro", clone)
    assert "Running stage" not in printed
    assert "up to date" in printed


def test_a_bare_clone_knows_that_it_is_up_to_date(clone, repro, tmp_path):
    assert repro
    sh(f"git clone -q {clone} {tmp_path / 'bare'}", clone)
    assert "up to date" in sh("dvc repro --dry --allow-missing", tmp_path / "bare")


def results_of(folder):
    """What dvc.lock promises, but for the time that transcribing took: it has two files of its own kind."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    outs = {out["path"]: out for out in lock["stages"]["transcripts"]["outs"]}
    for path in ("metrics/stages/transcripts.json", "plots/transcripts/seconds.tsv"):
        del outs[path]
    lock["stages"]["transcripts"]["outs"] = outs
    figures = re.sub(
        r'"real_time_factor": [\d.]+', "", (folder / "metrics/stages/transcripts.json").read_text()
    )
    return lock, figures


def test_the_same_params_give_the_same_bytes_with_other_workers(clone, repro, tmp_path):
    assert repro
    sh(f"git clone -q {clone} {tmp_path / 'again'}", clone)
    sh("SVG_WORKERS=1 dvc repro", tmp_path / "again")
    assert results_of(tmp_path / "again") == results_of(clone)


def test_a_cluster_gives_the_same_bytes(clone, repro, tmp_path):
    assert repro
    sh(f"git clone -q {clone} {tmp_path / 'again'}", clone)
    with cluster_of(2) as cluster:
        sh(f"SVG_DASK={cluster.scheduler_address} dvc repro mels transcripts", tmp_path / "again")
    assert results_of(tmp_path / "again") == results_of(clone)


def test_louder_noise_changes_mix_and_mels_and_nothing_upstream(clone, repro):
    assert repro
    printed = sh("dvc exp run -S noise.level=large", clone)
    assert ran(printed) == NOISE_CHANGES
    changes = sh("dvc metrics diff", clone)
    assert re.search(r"test.snr_db_mean +[45]\.\d+ +[12]\.\d+", changes), changes
    sh("git checkout -q HEAD -- . && dvc checkout -q", clone)


def test_a_changed_noise_file_reruns_only_what_hears_it(clone, repro, tmp_path):
    assert repro
    noise = tmp_path / "ESC-50-master"
    shutil.copytree(clone / "data/esc50", noise)
    for path in noise.rglob("*"):
        path.chmod(0o755)
    sh(f"dvc exp run -S noise.esc50={noise}", clone)
    assert "Running stage" not in sh("dvc repro", clone)
    first, *others = sorted((noise / "audio").glob("1-*.wav"))
    for other in others:
        other.write_bytes(first.read_bytes())
    # The acoustic model is trained under this noise too; no setting has changed, so the recipes stay.
    assert ran(sh("dvc repro", clone)) == sorted({*NOISE_CHANGES, "acoustic"} - {"rows"})
    sh("git checkout -q HEAD -- . && dvc checkout -q", clone)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("noise.mode=multiply", "`noise.mode` is 'multiply'; allowed: 'add' or 'convex'"),
        ("noise.esc50=/nowhere", "/nowhere"),
        ("corpus.root=relative/folder", "must be an absolute path"),
    ],
)
def test_a_wrong_value_ends_in_one_line(clone, repro, override, words):
    assert repro
    assert words in sh(f"dvc exp run -S {override}", clone, expect=255)
    sh("git checkout -q HEAD -- . && dvc checkout -q", clone)


def test_every_command_of_the_readme(clone, repro):
    assert repro
    commands = readme_commands()
    assert len(commands) == 9
    printed = {command: sh(command, clone) for command in commands}
    table = next(text for command, text in printed.items() if command.startswith("dvc exp show"))
    rows = re.findall(r"(-|-?\d+\.\d+) +(clean|normal|large) +(add|convex)", table)
    ratio = {(level, mode): None if snr == "-" else float(snr) for snr, level, mode in rows}
    assert ratio["clean", "add"] is ratio["clean", "convex"] is None
    assert ratio["normal", "add"] > ratio["large", "add"] > ratio["large", "convex"]
    report = printed["svground report"]
    # Between the settings and the figures stand others that earlier tests have varied, and the method where
    # methods have no room beside each other.
    assert re.search(r"\| large \| convex \|.*\|( \*{0,2}\d+\.\d\*{0,2} \|){2} 1 \|", report), report
    assert sh("git status --porcelain", clone) == ""


def test_make_repro_says_what_it_does(clone, repro):
    assert repro
    # The tests' environment is the one that is ready.
    venv = Path(sys.prefix)
    os.utime(clone / "pyproject.toml", (0, 0))
    printed = sh(f"make repro VENV={venv}", clone)
    assert "up to date" in printed
    assert "make repro" in sh("make", clone)
    assert "is not Python 3.11 or 3.12" in sh(
        "make setup VENV=other PYTHON='echo 2.7; false'", clone, expect=2
    )
