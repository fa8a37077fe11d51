"""`svground pipeline`: the picture of dvc.yaml."""

import shutil
import sys
import xml.etree.ElementTree as ET

import pytest

from stages.tools.pipeline.__main__ import main
from stages.tools.pipeline.drawing import WIDTH, draw
from stages.tools.pipeline.graph import Flow, Stage, flows, read_stages
from tests.paths import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def draw_in(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["svground pipeline"])
    main()
    return (folder / "plots/pipeline.svg").read_bytes()


def test_the_committed_picture_is_that_of_dvc_yaml(tmp_path, monkeypatch, capsys):
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    drawn = draw_in(tmp_path, monkeypatch)
    assert capsys.readouterr().out == "plots/pipeline.svg: 13 stages\n"
    assert (ROOT / "plots/pipeline.svg").read_bytes() == drawn, (
        "dvc.yaml has changed: run `svground pipeline`"
    )


def test_flows_join_makers_and_readers():
    stages = read_stages(ROOT / "dvc.yaml", ROOT / "params.yaml")
    place = {stage.name: number for number, stage in enumerate(stages)}

    def flow(maker, names, *readers):
        return Flow(tuple(names), place[maker], tuple(place[reader] for reader in readers))

    found = flows(stages)
    assert flow("esc50", ["esc50"], "mix", "acoustic") in found
    # One file of the folder data/mixed counts as well.
    assert flow("mix", ["mixed"], "mels", "transcripts", "evaluate") in found
    assert flow("acoustic", ["acoustic", "captions"], "transcripts") in found
    assert flow("ground", ["grounding"], "evaluate") in found
    assert not any("videos" in names for names in (flow.names for flow in found))
    assert {stage.name for stage in stages if stage.for_each_row} == {
        "words",
        "pretrain",
        "ground",
        "evaluate",
    }


def test_texts_stay_inside_and_are_escaped():
    stages = [
        Stage("a<b", "x & y", False, (), ("data/a", "data/b")),
        Stage("c", "c " * 200, True, ("data/a", "data/b/file"), ()),
    ]
    drawn = ET.fromstring(draw(stages, flows(stages)))
    texts = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]
    assert texts[:4] == ["a, b", "a<b", "x & y", "c"]
    assert all(len(text) <= 64 for text in texts[:-1])
    xs = [float(circle.get("cx")) for circle in drawn.iter(f"{SVG}circle")]
    assert xs
    assert all(0 < x < WIDTH for x in xs)


def test_elsewhere_it_says_where_it_must_run(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        draw_in(tmp_path, monkeypatch)
    assert "dvc.yaml does not exist; run from the folder that holds it" in capsys.readouterr().err
