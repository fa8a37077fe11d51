"""A folder and a block of params.yaml are all that a new system takes; here one that may see no moment."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import stages.systems
from stages.blind.__main__ import main as blind
from stages.common import registry
from stages.common.artifacts import read_json, write_table
from stages.common.errors import ParamsError
from stages.common.recipe import recipe_of
from stages.evaluate.__main__ import main as evaluate
from stages.ground.__main__ import main as ground
from stages.pretrain.__main__ import main as pretrain
from stages.training import checkpoints
from stages.training.model import Model
from tests.paths import ROOT
from tests.training.worlds import params, write_corpus

EXAMPLE = ROOT / "tests/systems/example"
QUERIES = Path("data/corpus/queries.parquet")
ROW = {"network": "proposals", "query": "speech", "supervision": "weak", "ground": {"select": "loss"}}
SECTION = {"width": 8, "longest": 5}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The tiny corpus, and the example among the systems."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    monkeypatch.setattr(stages.systems, "__path__", [*stages.systems.__path__, str(EXAMPLE)])
    torch.set_num_threads(1)
    write_corpus(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("stages.systems.proposals")]:
        del sys.modules[name]


def settings(row=(), **changes):
    return params(methods={"mine": {**ROW, **dict(row)}}, compare=["mine"], proposals=SECTION, **changes)


def call(room, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["stage", *words])
    room()


def weights():
    return checkpoints.load(Path("models/mine/grounding.safetensors"), "")[0]


@pytest.mark.usefixtures("world")
def test_it_is_pretrained_trained_judged_and_shown(monkeypatch, capsys):
    settings({"pretraining": "hum", "encoder_rate": 0.0, "nms": 0.3})
    call(pretrain, monkeypatch, "mine")
    call(ground, monkeypatch, "mine")
    learned = checkpoints.load(Path("models/mine/pretrained.safetensors"), "")[0]["hearing.project.weight"]
    assert torch.equal(weights()["network.first_encoder.project.weight"], learned)
    figures = read_json(Path("metrics/stages/ground-mine.json"), "")
    assert figures["oracle_dev_mIoU"] >= figures["dev_mIoU"]
    printed = capsys.readouterr().out
    assert re.search(r"dev mIoU [\d.]+ at epoch \d of 2 \(oracle: [\d.]+ at epoch \d\)", printed)
    curve = pd.read_csv("plots/ground/mine.tsv", sep="\t")
    assert figures["best_epoch"] == int(curve["dev_loss"].argmin())
    call(blind, monkeypatch)
    call(evaluate, monkeypatch, "mine")
    predictions = pd.read_parquet("predictions/mine.parquet")
    assert "relevance" in predictions
    assert "p_start" not in predictions
    # No moment is longer than five of eight frames: -inf is no proposal.
    length = predictions["end_1"] - predictions["start_1"]
    assert (length <= 5 / 8 * predictions["duration"] + 1e-9).all()
    assert Path("plots/timeline/mine.png").stat().st_size > 1000
    assert checkpoints.load(Path("models/mine/grounding.safetensors"), "")[1]["nms"] == 0.3


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("select", ["loss", "last"])
def test_what_it_learns_does_not_depend_on_the_moments(monkeypatch, select):
    settings({"pretraining": "hum", "ground": {"select": select}})
    table = pd.read_parquet(QUERIES)
    found = []
    for change in ("as they are", "permuted", "gone"):
        other = table.copy()
        rows = other["split"] != "test"
        if change == "permuted":
            order = np.random.default_rng(1).permutation(int(rows.sum()))
            other.loc[rows, ["start", "end"]] = other.loc[rows, ["start", "end"]].to_numpy()[order]
        elif change == "gone":
            other.loc[rows, ["start", "end"]] = np.nan
        write_table(QUERIES, other)
        call(pretrain, monkeypatch, "mine")
        call(ground, monkeypatch, "mine")
        found.append(Path("models/mine/grounding.safetensors").read_bytes())
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("world")
def test_no_part_of_its_task_holds_a_moment(monkeypatch):
    seen = []
    forward = Model.forward

    def spied(self, inputs):
        frame = sys._getframe(1)
        while frame is not None:
            seen.extend(value for name, value in frame.f_locals.items() if name in ("pairs", "self"))
            frame = frame.f_back if frame.f_code.co_name != "update" else None
        return forward(self, inputs)

    monkeypatch.setattr(Model, "forward", spied)
    settings()
    call(pretrain, monkeypatch, "mine")
    call(ground, monkeypatch, "mine")
    tasks = {type(each).__name__: each for each in seen}
    assert {"Grounding", "FromPairs", "Pairs"} <= tasks.keys()
    task = tasks["Grounding"]
    for data in (task.train, task.dev, *task.learns_from.data.values()):
        assert not {"start", "end"} & set(data.table.columns)
        assert not hasattr(data, "start")


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"supervision": "full"}, "supervision: full, but proposals learns from weak"),
        ({"ground": {"select": "mIoU"}}, "methods.mine.ground.select: mIoU is measured with the moments"),
        ({"ground": {}}, "methods.mine.ground.select: mIoU is measured with the moments"),
        ({"pretraining": "vgcl"}, "pretraining: vgcl needs full supervision, not weak"),
        ({"query": "captions"}, "query: captions, but proposals takes speech"),
        ({"pretraining": "humm"}, "pretraining: there is no 'humm'"),
        ({"encoder_rate": 1.0}, "encoder_rate is set, but the row has no pretraining"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row, says):
    with pytest.raises(ParamsError, match=re.escape(says)):
        settings(row)


@pytest.mark.usefixtures("world")
def test_its_own_section_is_checked_like_any_other():
    with pytest.raises(ParamsError, match=r"key `proposals` is missing"):
        params(methods={"mine": ROW})
    with pytest.raises(ParamsError, match=r"unknown key `proposals.wide`; it may have width, longest"):
        params(methods={"mine": ROW}, proposals={**SECTION, "wide": 3})


@pytest.mark.usefixtures("world")
def test_its_settings_and_its_code_are_in_its_own_recipe_alone():
    given = settings({"pretraining": "hum"})
    mine, base = (recipe_of(given, name, "ground") for name in ("mine", "base"))
    assert mine["settings"]["proposals"] == SECTION
    assert "stages/systems/proposals/network.py" in mine["code"]
    assert not any("systems/vgcl" in path for path in mine["code"])
    assert not any("proposals" in text for text in (*base["settings"], *base["code"]))
    assert "networks.base" in base["settings"]
    assert "networks.vsl" not in base["settings"]


def test_without_the_folder_nobody_knows_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "proposals" not in registry.networks()
    with pytest.raises(ParamsError, match=r"unknown key `proposals`"):
        params(proposals=SECTION)
    shutil.rmtree(tmp_path, ignore_errors=True)
