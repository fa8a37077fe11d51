"""An input is what dvc.lock says that its stage left, or the stage does not begin."""

from pathlib import Path

import pytest
import yaml

from stages.common.errors import DataError
from stages.common.inputs import check_inputs, check_made

# Of DVC: `dvc add` of these very files.
FILE, FOLDER = "0cc175b9c0f1b6a831c399e269772661", "051b38a0543a9b0bf50b13c2a9af9fd0.dir"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "ground@base")
    Path("words/b").mkdir(parents=True)
    Path("queries").write_text("a")
    Path("words/b/said").write_text("s")
    Path("words/words").write_text("w")
    pipeline({"words": {"matrix": {}}, "ground": {"matrix": {}}})
    lock({"queries": FILE, "words": FOLDER})


def pipeline(stages):
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))


def lock(hashes):
    entries = [{"path": path, "hash": "md5", "md5": found} for path, found in hashes.items()]
    stages = {"words@base": {"outs": entries}, "ground@base": {"deps": [*entries, {"path": "stages/ground"}]}}
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))


def test_whole_inputs_pass():
    check_inputs()


@pytest.mark.parametrize("path", ["queries", "words/words", "words/b/said"])
def test_another_byte_is_refused_with_the_cure(path):
    Path(path).write_text("b")
    top = path.split("/")[0]
    cure = rf"rm -rf {top} \$\(dvc cache dir\)/files/md5/\w\w/\w+(\.dir)? && dvc repro -sf words@base"
    with pytest.raises(DataError, match=rf"^{top} is damaged: its md5 is .*{cure}.*dvc commit words@base"):
        check_inputs()


def test_a_file_too_many_is_refused():
    Path("words/other").touch()
    with pytest.raises(DataError, match="words is damaged"):
        check_inputs()


@pytest.mark.parametrize("stage", [None, "ground@other"])
def test_by_hand_and_at_the_first_run_nothing_is_checked(monkeypatch, stage):
    Path("queries").write_text("b")
    monkeypatch.delenv("DVC_STAGE")
    if stage:
        monkeypatch.setenv("DVC_STAGE", stage)
    check_inputs()


def test_folders_that_check_themselves_are_left_to_it():
    Path("words/manifest.json").write_text("{}")
    check_inputs()


@pytest.mark.parametrize(
    "stages",
    [
        {"ground": {"matrix": {}}},
        # `words` has a stage per method no longer: what words@base left is nobody's.
        {"ground": {"matrix": {}}, "words": {"cmd": "make words"}},
    ],
)
def test_what_stages_left_that_are_no_more_is_not_checked(stages):
    Path("queries").write_text("b")
    pipeline(stages)
    check_inputs()
    check_made(Path(), "words@base")


@pytest.mark.parametrize("content", ["", "{", "stages: 3", "stages: [1]", "a: b"])
def test_a_pipeline_that_dvc_can_not_read_is_left_to_dvc(content):
    Path("dvc.yaml").write_text(content)
    check_inputs()


@pytest.mark.parametrize(
    "content", ["", "{", "stages: 3", "a: b", "stages: {a: 1}", "stages: {ground@base: {outs: [{path: x}]}}"]
)
def test_a_lock_that_dvc_can_not_read_is_left_to_dvc(content):
    Path("dvc.lock").write_text(content)
    check_inputs()


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_left_to_dvc(name):
    entry = [{"path": name, "md5": FILE}]
    stages = {"words@base": {"outs": entry}, "ground@base": {"deps": entry}}
    Path("dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
    check_inputs()
    check_made(Path(), "words@base")


def test_a_missing_input_is_left_to_the_stage():
    Path("queries").unlink()
    check_inputs()


def test_what_a_stage_of_another_checkout_has_left(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    check_made(tmp_path, "words@base")
    (tmp_path / "queries").write_text("b")
    check_made(tmp_path, "ground@base")
    with pytest.raises(DataError, match=r"queries is damaged: its md5 is .* dvc repro -sf words@base"):
        check_made(tmp_path, "words@base")
