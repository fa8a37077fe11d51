"""Names and captions that nobody would choose, through training, evaluation and its pictures."""

import shutil
import sys

import pandas as pd
import pytest
import torch

from stages.blind.__main__ import main as blind
from stages.common.artifacts import read_json, write_table
from stages.evaluate.__main__ import main as evaluate
from stages.ground.__main__ import main as ground
from tests.training import worlds

HOSTILE = [
    'a "quoted"\n\ntwo\tline\r\n\'caption\'', "\u202eשלום עולם\u202c", "long " * 10_000,
    "$\\frac{never closed",
    "<script>alert(1)</script> &amp; | `ls` ; -- ../..", "\u2028\u00a0\ufeff\x07", "…" * 500, "=HYPERLINK(1)",
]  # fmt: skip


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    return tmp_path


def run(monkeypatch, method):
    """Train and evaluate; the predictions."""
    blind()
    for room in (ground, evaluate):
        monkeypatch.setattr(sys, "argv", ["stage", method])
        room()
    return pd.read_parquet(f"predictions/{method}.parquet")


@pytest.mark.slow
@pytest.mark.fault(
    "ids that start with `-`, hold `/`, `..`, quotes, spaces or right-to-left text", lost="nothing"
)
def test_hostile_ids_go_all_the_way(world, monkeypatch, seen):
    plain = worlds.write_corpus(world)
    worlds.params()
    before = run(monkeypatch, "base")
    monkeypatch.setattr(worlds, "name_of", lambda split, number: f"-{split}/../{number} 'ש' \"\n*")
    shutil.rmtree(world / "data")
    hostile = worlds.write_corpus(world)
    after = run(monkeypatch, "base")
    assert set(after["query_id"]) == set(hostile.loc[hostile["split"] == "test", "query_id"])
    # They sort as the plain ones do, so all that is learned is the same.
    assert [name.replace("-test/../", "test-")[:6] for name in after["query_id"]] == [
        name[:6] for name in before["query_id"]
    ]
    assert after["p_start"].map(list).tolist() == before["p_start"].map(list).tolist()
    outside = {path.name for path in world.parent.iterdir()} - {world.name}
    assert not any("ש" in name for name in outside)
    seen(
        f"{len(plain)} queries are learned from and answered as under plain names; no file leaves its folder"
    )


@pytest.mark.slow
# Of the bell, which no font has.
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.fault(
    "captions with line breaks, markup, formulas, right-to-left text, 10,000 words", lost="nothing"
)
def test_hostile_captions_go_all_the_way(world, monkeypatch, seen):
    table = worlds.write_corpus(world)
    worlds.params()
    captions = [HOSTILE[row % len(HOSTILE)] for row in range(len(table))]
    write_table(world / "data/corpus/queries.parquet", table.assign(caption=captions))
    worlds.write_words(world, "text", table["query_id"], [caption.split() or ["x"] for caption in captions])
    answered = run(monkeypatch, "text")
    assert len(answered) == (table["split"] == "test").sum()
    assert read_json(world / "metrics/stages/evaluate-text.json", "evaluate")["with_its_query"][
        "queries"
    ] == len(answered)
    assert (world / "plots/timeline/text.png").stat().st_size > 10_000
    seen(f"{len(answered)} of {len(answered)} test queries are answered, and the picture of them is drawn")
