"""What a method reads: its own text or none, the words it knows, and never another query's."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.common.artifacts import read_json, write_table
from stages.common.errors import DataError
from stages.corpus.queries import Query, as_table
from stages.training.query_steps import read_query_steps, vocabulary_size
from stages.words import __main__ as room
from stages.words.glove import read_text_file
from tests.training.worlds import params

CAPTIONS = ["The red ball rolls.", "a star", "the ball", "A red star!"]
# Nothing is understood of the second; the last has words that no caption has.
HEARD = ["the red ball", "", "ball", "reddish xqzt star"]
SPLITS = ["train", "train", "dev", "test"]
IDS = ["q0", "q1", "q2", "q3"]


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        Query(query_id, "v", split, 60.0, 1.0, 9.0, caption, "anna", query_id)
        for query_id, split, caption in zip(IDS, SPLITS, CAPTIONS, strict=True)
    ]
    write_table(Path("data/corpus/queries.parquet"), as_table(rows))
    # In another order than the queries: only ids may bring them together.
    table = pd.DataFrame({"query_id": IDS, "text": HEARD, "confidence": -1.0}).iloc[::-1]
    write_table(Path("data/transcripts/transcripts.parquet"), table)
    glove = "\n".join(
        f"{word} {place}.5 {-place}.25" for place, word in enumerate(["the", "red", "ball", "star", "a"], 1)
    )
    (tmp_path / "glove.txt").write_text(glove + "\n")
    return params(text={"glove": str(tmp_path / "glove.txt")})


def read(monkeypatch, name):
    monkeypatch.setattr(sys, "argv", ["stages.words", name])
    room.main()
    return read_json(Path(f"metrics/stages/words-{name}.json"), "words")


def said_by(given, name):
    table = pd.read_parquet("data/corpus/queries.parquet").sort_values("query_id", ignore_index=True)
    return read_query_steps(table, given, name)


def test_captions_are_read_by_text(world, monkeypatch):
    facts = read(monkeypatch, "text")
    assert (facts["reads"], facts["words"], facts["unknown_words"], facts["blank_queries"]) == (
        "captions",
        6,
        1,
        0,
    )
    assert [len(words) for words in said_by(world, "text")] == [4, 2, 2, 3]


def test_transcripts_are_read_by_asr(world, monkeypatch):
    facts = read(monkeypatch, "asr")
    assert (facts["reads"], facts["words"], facts["blank_queries"]) == ("transcripts", 6, 1)
    # "reddish" and "xqzt", of seven words.
    assert (facts["unknown_words"], facts["unknown_share"]) == (2, round(2 / 7, 4))
    first, _, third, last = said_by(world, "asr")
    assert np.array_equal(first[2], third[0])
    assert not last[:2].any()
    assert last[2].any()


@pytest.mark.parametrize("name", ["asr", "asr-noglove"])
def test_nothing_understood_is_a_blank_query_and_never_the_neighbours(world, monkeypatch, name):
    read(monkeypatch, name)
    said = said_by(world, name)
    assert said[1].shape == (1, said[0].shape[1])
    assert not said[1].any()
    assert said[0].any()


def test_embeddings_may_be_learned_for_one_row(world, monkeypatch):
    facts = read(monkeypatch, "asr-noglove")
    assert (facts["embeddings"], facts["width"]) == ("learned", world.text.learned_width)
    # Unheard in training: "reddish", "star", "xqzt".
    assert facts["unknown_words"] == 3
    assert vocabulary_size(world, "asr-noglove") == 1 + 3
    assert [words[:, 0].tolist() for words in said_by(world, "asr-noglove")] == [
        [3, 2, 1],
        [0],
        [1],
        [0, 0, 0],
    ]


def test_a_method_that_listens_reads_nothing_and_needs_no_transcripts(world, monkeypatch):
    Path("data/transcripts/transcripts.parquet").unlink()
    assert read(monkeypatch, "base") == {"reads": "nothing"}
    before = [path.read_bytes() for path in sorted(Path("data/words/base").iterdir())]
    write_table(Path("data/corpus/queries.parquet"), pd.read_parquet("data/corpus/queries.parquet").iloc[:2])
    read(monkeypatch, "base")
    # The same bytes whatever the corpus: no training runs again for them.
    assert [path.read_bytes() for path in sorted(Path("data/words/base").iterdir())] == before
    assert vocabulary_size(world, "base") == 0


def test_other_transcripts_change_nothing_for_those_who_read_captions(monkeypatch):
    read(monkeypatch, "text")
    before = [path.read_bytes() for path in sorted(Path("data/words/text").iterdir())]
    write_table(
        Path("data/transcripts/transcripts.parquet"),
        pd.DataFrame({"query_id": IDS, "text": "nothing at all", "confidence": 0.0}),
    )
    read(monkeypatch, "text")
    assert [path.read_bytes() for path in sorted(Path("data/words/text").iterdir())] == before


@pytest.mark.fault("a binary file, or one cut within a character, for GloVe", lost="nothing: refused")
@pytest.mark.parametrize("content", [b"\x80\x02binary\n", b"the 1 2\nb\xc3"])
def test_a_glove_that_is_no_text_is_named(content):
    Path("glove.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"text.glove: .*glove.txt, line \d is no UTF-8 text .*unpacked"):
        read_text_file(Path("glove.txt"), ["the"])


@pytest.mark.fault(
    "captions with line breaks, quotes, right-to-left text, markup, 10,000 words", lost="nothing"
)
def test_hostile_captions_are_read(monkeypatch, seen):
    hostile = [
        'A "red"\n\tball\r\nrolls\u2028.', "\u202eשלום עולم\u202c a star", "the " * 10_000,
        "$\\frac{ball}$ <b>&amp;</b> '; DROP TABLE --",
    ]  # fmt: skip
    table = pd.read_parquet("data/corpus/queries.parquet")
    write_table(Path("data/corpus/queries.parquet"), table.assign(caption=hostile))
    facts = read(monkeypatch, "text")
    said = said_by(params(text={"glove": str(Path("glove.txt").absolute())}), "text")
    assert len(said[0]) == 4
    assert len(said[2]) == 10_000
    assert facts["blank_queries"] == 0
    seen(f"{facts['words']} words are found in them, the longest caption has {len(said[2]):,}")


def test_a_query_without_a_transcript_is_named(monkeypatch):
    table = pd.read_parquet("data/transcripts/transcripts.parquet")
    write_table(Path("data/transcripts/transcripts.parquet"), table[table["query_id"] != "q2"])
    with pytest.raises(SystemExit):
        read(monkeypatch, "asr")
    with pytest.raises(DataError, match=r"has no query 'q2'.*dvc repro -sf transcripts"):
        room.texts_of("transcripts")


@pytest.mark.parametrize("name", ["asr", "asr-noglove"])
def test_where_nothing_was_understood_all_queries_are_blank(world, monkeypatch, name):
    write_table(
        Path("data/transcripts/transcripts.parquet"),
        pd.DataFrame({"query_id": IDS, "text": "", "confidence": 0.0}),
    )
    facts = read(monkeypatch, name)
    assert (facts["words"], facts["unknown_share"], facts["blank_queries"]) == (0, 0.0, 4)
    assert [words.tolist() for words in said_by(world, name)] == [[[0.0]]] * 4
