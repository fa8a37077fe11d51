"""A change reaches the rows that it concerns: tried in a scratch copy of the repository, with DVC."""

import re
import shutil
import subprocess

import pytest
from dvc.utils.hydra import apply_overrides

from tests.e2e.shell import sh
from tests.paths import ROOT

pytestmark = pytest.mark.e2e
ROW = "{network:proposals,query:speech,supervision:weak,ground:{select:last}}"


@pytest.fixture
def scratch(tmp_path):
    """The working tree as a repository of its own, without data, with recipes."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    folder = tmp_path / "scratch"
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    sh("git init -q && git add -A && git commit -qm start && dvc repro -s rows", folder)
    return folder


def stale(folder, *rows):
    """Of these rows the stages that DVC would run, once the recipes are up to date."""
    sh("dvc repro -s rows", folder)
    targets = " ".join(f"evaluate@{row}" for row in rows)
    printed = sh(f"dvc repro --dry --allow-missing {targets}", folder)
    return sorted(
        stage for stage in re.findall("Running stage '([\\w@-]+)'", printed) if stage.split("@")[-1] in rows
    )


def test_a_new_system_leaves_the_rows_of_others_up_to_date(scratch):
    assert stale(scratch, "base", "vgcl", "asr", "text") == []
    shutil.copytree(ROOT / "tests/systems/example/proposals", scratch / "stages/systems/proposals")
    apply_overrides(
        str(scratch / "params.yaml"),
        [f"+methods.mine={ROW}", "+proposals={width:8,longest:5}", "compare=[base,vgcl,asr,text,mine]"],
    )
    assert stale(scratch, "base", "vgcl", "asr", "text") == []
    listed = sh("dvc stage list --name-only", scratch).split()
    assert {"evaluate@mine", "ground@mine", "pretrain@mine", "words@mine"} <= set(listed)
    assert (scratch / "data/rows/mine/ground.json").is_file()


def test_a_file_that_nobody_imports_makes_nothing_stale(scratch):
    (scratch / "stages/systems/vgcl/notes.py").write_text('"""Nothing yet."""\n')
    (scratch / "stages/networks/proposals.py").write_text('"""A part for systems to come."""\n')
    assert stale(scratch, "base", "vgcl", "asr", "text") == []


def recipes(folder):
    """What the rows' stages depend on, once it is up to date."""
    sh("dvc repro -s rows", folder)
    return {f"{path.stem}@{path.parent.name}": path.read_text() for path in folder.glob("data/rows/*/*.json")}


def test_a_change_reaches_the_rows_that_run_the_code_or_use_the_setting(scratch):
    before = recipes(scratch)

    def changed():
        after = recipes(scratch)
        return sorted(stage for stage in after if after[stage] != before[stage])

    guide = scratch / "stages/systems/vgcl/guide.py"
    text = guide.read_text()
    guide.write_text(text + "\n# changed\n")
    assert changed() == ["evaluate@vgcl", "ground@vgcl", "pretrain@vgcl"]
    guide.write_text(text)
    params = str(scratch / "params.yaml")
    apply_overrides(params, ["curriculum.kappa=5"])
    assert changed() == ["ground@vgcl", "pretrain@vgcl"]
    apply_overrides(params, ["curriculum.kappa=10", "networks.vsl.hidden=64"])
    assert changed() == []
    apply_overrides(params, ["networks.vsl.hidden=128", "methods.vgcl.encoder_rate=0.5"])
    assert changed() == ["evaluate@vgcl", "ground@vgcl"]
