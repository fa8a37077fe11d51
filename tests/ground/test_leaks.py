"""What a model may not see: the test split before its time, ids, order, other queries, padding."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import stages.systems
from stages.common import recipe
from stages.common.artifacts import read_json, write_table
from stages.common.params import load_params
from stages.evaluate.__main__ import main as evaluate
from stages.ground.__main__ import main as ground
from stages.scoring.headline import HEADLINE
from stages.scoring.predictions import moments_of, truth_of
from stages.training.answers import answer
from stages.training.model import load_model
from stages.training.queries import query_data, read_queries, read_splits
from stages.training.query_steps import read_query_steps
from tests.docs.pages import files_shown
from tests.training.worlds import params, write_corpus

CPU = torch.device("cpu")
LEARN = {"epochs": 30, "lr": 0.01, "patience": 30}


def call(room, monkeypatch, method):
    monkeypatch.setattr(sys, "argv", ["stage", method])
    room()


def world_in(folder, monkeypatch, **splits):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    return write_corpus(folder, splits or None)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A folder where `base` has learned the tiny world; trained once."""
    folder = tmp_path_factory.mktemp("learned")
    with pytest.MonkeyPatch.context() as patch:
        world_in(folder, patch, train=24, dev=6, test=16)
        params(ground=LEARN)
        call(ground, patch, "base")
    return folder


@pytest.fixture
def trained(learned, tmp_path, monkeypatch):
    """The params of a copy of that folder, which is the current one."""
    shutil.copytree(learned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return load_params()


def answers(given, table, batch, said=None):
    """The curves of the edges."""
    data = query_data(table, said or read_query_steps(table, given, "base"), given, "base")
    model = load_model(Path("models/base/grounding.safetensors"), given, "base", data.dims, 0)
    curves = answer(model, data, batch, CPU, "fp32", given.evaluate.nms).curves
    return curves["p_start"], curves["p_end"]


def test_training_does_without_the_test_split(tmp_path, monkeypatch):
    # The queries of test stand in the table; their speech and videos do not exist.
    table = world_in(tmp_path, monkeypatch, train=8, dev=4, test=0)
    unseen = table[table["split"] == "dev"].assign(split="test", start=np.nan, end=np.nan, caption="")
    unseen[["query_id", "video_id"]] = "x" + unseen[["query_id", "video_id"]]
    write_table(tmp_path / "data/corpus/queries.parquet", pd.concat([table, unseen]))
    params()
    call(ground, monkeypatch, "base")
    assert read_json(tmp_path / "metrics/stages/ground-base.json", "ground")["steps"] == 4
    with pytest.raises(SystemExit):
        call(evaluate, monkeypatch, "base")


@pytest.mark.usefixtures("trained")
def test_what_models_are_asked_with_holds_no_moment():
    given = load_params()
    parts = read_splits(given, "base", "train", "dev", "test")
    assert {"start", "end"} <= set(read_queries("dev").columns)
    for data in parts.values():
        assert not {"start", "end"} & {*data.table.columns, *vars(data)}
        batch = data.batch(np.arange(4), CPU)
        assert vars(batch).keys() == {"video", "video_mask", "query", "query_mask", "video_of"}


def test_a_batch_of_one_answers_as_a_batch_of_sixteen(trained):
    table = read_queries("test")
    for one, many in zip(answers(trained, table, 1), answers(trained, table, 16), strict=True):
        np.testing.assert_allclose(one, many, atol=1e-5)


def test_neither_order_nor_other_queries_matter(trained):
    table = read_queries("test")
    starts, _ = answers(trained, table, 16)
    shuffled = table.sample(frac=1, random_state=0)
    again, _ = answers(trained, shuffled.reset_index(drop=True), 16)
    np.testing.assert_allclose(again, starts[shuffled.index], atol=1e-5)
    few, _ = answers(trained, table.iloc[[3]].reset_index(drop=True), 16)
    np.testing.assert_allclose(few[0], starts[3], atol=1e-5)


def test_names_do_not_matter(trained, tmp_path, monkeypatch):
    before, _ = answers(trained, read_queries("test"), 16)
    other = tmp_path / "renamed"
    other.mkdir()
    # The same speech and videos under names in the opposite order.
    monkeypatch.setattr("tests.training.worlds.name_of", lambda split, number: f"{99 - number:02d}-{split}")
    world_in(other, monkeypatch, train=24, dev=6, test=16)
    (other / "models").symlink_to(tmp_path / "models")
    after, _ = answers(trained, read_queries("test"), 16)
    pairs = after.reshape(8, 2, -1)[::-1].reshape(16, -1)
    np.testing.assert_allclose(pairs, before, atol=1e-5)


def test_a_moment_is_found_by_what_is_said_and_by_nothing_else(trained):
    table = read_queries("test")
    said = read_query_steps(table, trained, "base")
    first = table["query_id"].str.endswith("-1").to_numpy()

    def right(starts):
        return ((starts.argmax(axis=1) < 3) == first).mean()

    assert right(answers(trained, table, 16)[0]) >= 0.9
    # Every query is given the speech of its video's other one: now all are wrong, as they must be.
    swapped = [said[row ^ 1] for row in range(len(said))]
    assert right(answers(trained, table, 16, swapped)[0]) <= 0.1


def test_what_evaluation_writes(trained, tmp_path, monkeypatch, capsys):
    assert trained
    (tmp_path / "metrics/stages").mkdir(parents=True, exist_ok=True)
    from stages.blind.__main__ import main as blind

    blind()
    call(evaluate, monkeypatch, "base")
    metrics = read_json(tmp_path / "metrics/base.json", "evaluate")
    table = pd.read_parquet(tmp_path / "predictions/base.parquet")
    truth, _ = truth_of(table)
    best = moments_of(table)[:, 0]
    shared = np.clip(np.minimum(best, truth)[:, 1] - np.maximum(best, truth)[:, 0], 0, None)
    union = (best[:, 1] - best[:, 0]) + (truth[:, 1] - truth[:, 0]) - shared
    assert metrics["mIoU"] == pytest.approx(100 * (shared / union).mean(), abs=0.01)
    assert list(metrics) == HEADLINE
    details = read_json(tmp_path / "metrics/stages/evaluate-base.json", "evaluate")
    assert details["with_its_query"]["queries"] == 16
    assert metrics.items() <= details["with_its_query"].items()
    assert list(read_json(tmp_path / "metrics/blind.json", "blind")) == HEADLINE
    # Asked with another video's query: in this world many of them happen to say the same.
    control = details["with_another_query"]
    assert control["mIoU"] < metrics["mIoU"] - 10
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if line.startswith("base "))
    assert f"{metrics['mIoU']:.2f}" in row
    assert "whole video" in printed
    assert f"{control['mIoU']:.2f}" in printed.split("asked with another video's query")[1]
    monkeypatch.setattr(sys, "argv", ["stage"])
    evaluate()
    again = capsys.readouterr().out
    assert again.startswith(" " * 22)
    assert printed.endswith(again)
    for path in (
        "plots/timeline/base.png",
        "plots/iou/base.json",
        "plots/bands/base.tsv",
        "plots/videos/base.tsv",
        "plots/ground/base.tsv",
    ):
        assert (tmp_path / path).stat().st_size > 0


@pytest.mark.fault("weights trained for other inputs", lost="nothing: refused")
def test_weights_made_for_other_inputs_are_refused(trained, monkeypatch, capsys):
    assert trained
    params(ground=LEARN, video={"frames": 16})
    with pytest.raises(SystemExit):
        call(evaluate, monkeypatch, "base")
    assert "was trained with other video.frames" in capsys.readouterr().err


def test_an_unknown_method_gets_the_nearest_name(tmp_path, monkeypatch, capsys):
    world_in(tmp_path, monkeypatch)
    params()
    with pytest.raises(SystemExit) as ended:
        call(ground, monkeypatch, "bass")
    assert ended.value.code == 2
    assert "the nearest is base, of base, base-longer, " in capsys.readouterr().err


def test_a_new_network_is_a_folder_and_a_block(tmp_path, monkeypatch):
    """The pages' example of a system, tried out."""
    world_in(tmp_path, monkeypatch)
    files = files_shown("a new network")
    assert [*files] == [f"stages/systems/meanpool/{name}" for name in ("__init__.py", "network.py")]
    for name, text in files.items():
        path = tmp_path / "extra" / Path(name).relative_to("stages/systems")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    monkeypatch.setattr(stages.systems, "__path__", [*stages.systems.__path__, str(tmp_path / "extra")])
    params(methods={"mine": {"network": "meanpool", "query": "speech"}})
    call(ground, monkeypatch, "mine")
    assert (tmp_path / "models/mine/grounding.safetensors").exists()
    made_of = recipe.recipe_of(load_params(), "mine", "ground")
    assert made_of["settings"]["networks.base.hidden"] == 16
    assert "stages/systems/meanpool/network.py" in made_of["code"]
    assert not any(
        name.startswith(("stages/systems/vgcl", "stages/systems/vslnet")) for name in made_of["code"]
    )
