"""Simulated corpora, and what is seen of the commands that work on them."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.common.errors import UserError
from stages.common.shards import Shards
from stages.mix.__main__ import read_queries
from stages.tools.scale import __main__ as room
from stages.tools.scale.corpus import write_corpus
from stages.tools.scale.watch import watched
from tests.paths import ROOT
from tests.training import worlds


def test_a_simulated_corpus_is_one_that_the_pipeline_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_corpus(400, 0.5)
    queries, speech = read_queries(), Shards(Path("data/corpus/speech"), "corpus")
    assert sorted(query.speech_id for query in queries) == speech.ids()
    table = pd.read_parquet("data/corpus/queries.parquet")
    assert table.groupby("video_id")["split"].nunique().max() == 1
    assert (table["split"].value_counts() / 400).to_dict() == {"train": 0.7, "test": 0.2, "dev": 0.1}
    lengths = np.array(list(speech.lengths().values())) / 16_000
    assert 0.25 <= lengths.min() < 0.3 < 0.7 < lengths.max() <= 0.75
    assert len({speech[query.speech_id].tobytes() for query in queries}) == 400


def test_children_are_watched_too(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    cost = watched("tests.tools.scale.hungry")
    assert 150e6 < cost.peak < 200e6
    assert 0.4 < cost.cpu_seconds < 1.5
    assert cost.seconds > 0.7
    with pytest.raises(UserError, match=r"`python -m tests\.tools\.scale\.hungry fail` ended with 3"):
        watched("tests.tools.scale.hungry", "fail")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--queries", "many"], "'many' are no numbers of queries from 10 on, e.g. 4500,18000"),
        (["--queries", "100,"], "'100,' are no numbers of queries"),
        (["--seconds", "-1"], "'-1' is no length of speech; give 0.1 to 600 seconds"),
        (["--seconds", "nan"], "'nan' is no length of speech"),
        (["--folder", "/nowhere"], "--folder /nowhere is no folder"),
        (["--queries", "99000000000"], "simulating 99,000,000,000 queries needs about"),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    worlds.params()
    monkeypatch.setattr(sys, "argv", ["scale", *words])
    with pytest.raises(SystemExit):
        room.main()
    assert says in capsys.readouterr().err


@pytest.mark.slow
def test_memory_does_not_grow_with_the_corpus(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    worlds.params(esc50={"clips_per_fold": 1})
    monkeypatch.setattr(
        sys, "argv", ["scale", "--queries", "16000,48000", "--seconds", "0.2", "--folder", str(tmp_path)]
    )
    room.main()
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "`" in line]
    peaks = {(row[1].strip(), row[2].strip()): int(row[7].split()[0].replace(",", "")) for row in rows}
    for stage in ("`mix`", "`mels`"):
        assert peaks["48,000", stage] < 1.15 * peaks["16,000", stage]
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]
