"""The pipeline from end to end in a fresh clone, on a shrunken demo."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from tests.common.test_dask import cluster_of
from tests.e2e.shell import ran, sh

NOISE_CHANGES = [
    "evaluate@asr", "evaluate@vgcl", "ground@asr", "ground@vgcl", "mels", "mix", "pretrain@asr",
    "pretrain@vgcl", "rows", "transcripts", "words@asr", "words@vgcl",
]  # fmt: skip
pytestmark = pytest.mark.e2e


def test_the_first_run_makes_everything(clone, repro):
    assert ran(repro) == sorted([*NOISE_CHANGES, "acoustic", "blind", "corpus", "deepspeech", "esc50"])
    for name in ("corpus/videos", "esc50/audio", "mixed", "mels", "words"):
        assert (clone / "data" / name).is_dir()
    for name in ("models/vgcl/grounding.safetensors", "predictions/asr.parquet", "metrics/blind.json"):
        assert (clone / name).is_file()
    table = repro[repro.rindex("R@1, IoU") :]
    assert re.search(r"\nvgcl .*\nasr .*\n─+ blind ─+\nwhole video", table, re.S)
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
    changes = sh("dvc metrics diff --targets metrics/stages/mix.json", clone)
    assert re.search(r"test.snr_db_mean +[45]\.\d+ +[12]\.\d+", changes), changes
    sh("git checkout -q HEAD -- . && dvc checkout -q", clone)


def test_the_results_fit_a_terminal(clone, repro):
    assert repro
    table = sh("dvc metrics show", clone)
    assert {"metrics/vgcl.json", "metrics/blind.json"} <= {line.split()[0] for line in table.splitlines()}
    assert max(map(len, table.splitlines())) <= 100


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


def test_where_no_row_reads_transcripts_no_recogniser_is_trained(clone, repro, tmp_path):
    assert repro
    model, folder = "models/deepspeech/acoustic.pbmm", tmp_path / "listening"
    sh(f"git clone -q {clone} {folder}", clone)
    apply_overrides(str(folder / "params.yaml"), ["compare=[base]"])
    printed = sh("dvc repro", folder)
    assert "nothing to train, no row of `compare` reads transcripts" in printed
    assert (folder / model).read_bytes() == b""
    assert "Running stage" not in sh("dvc repro", folder)
    apply_overrides(str(folder / "params.yaml"), ["compare=[text,base]"])
    assert not {"acoustic", "deepspeech", "transcripts"} & set(ran(sh("dvc repro rows transcripts", folder)))
    sh("git checkout -q params.yaml && dvc repro", folder)
    assert (folder / model).read_bytes() == (clone / model).read_bytes() != b""
    assert "Running stage" not in sh("dvc repro", folder)


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


def test_make_repro_says_what_it_does(clone, repro):
    assert repro
    # The tests' environment is the one that is ready.
    venv = Path(sys.prefix)
    for name in ("pyproject.toml", "requirements.lock"):
        os.utime(clone / name, (0, 0))
    # As a killed DVC leaves it.
    (clone / ".dvc/tmp/rwlock").write_text("")
    printed = sh(f"make repro VENV={venv}", clone)
    assert "rwlock was damaged" in printed
    assert "up to date" in printed
    assert "not committed" not in printed
    with (clone / "dvc.lock").open("a") as lock:
        lock.write("# another run\n")
    assert "git commit -am 'my run'" in sh(f"make repro VENV={venv}", clone)
    sh("git checkout -q HEAD -- dvc.lock", clone)
    assert "make repro" in sh("make", clone)
    assert "is not Python 3.11 or 3.12" in sh(
        "make setup VENV=other PYTHON='echo 2.7; false'", clone, expect=2
    )
