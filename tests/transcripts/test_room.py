import json
from pathlib import Path

import pandas as pd
import pytest

from stages.common.artifacts import write_json
from stages.common.errors import DataError, UserError
from stages.common.transcripts_needed import (
    NEEDED,
    TRANSCRIBED,
    transcribed_splits,
    transcripts_needed,
    write_needed,
)
from stages.transcripts import __main__ as room
from stages.transcripts import shard
from stages.words.texts import texts_of
from tests.training.worlds import params
from tests.transcripts.world import UNDERSTOOD, Engine, query_id, write_corpus

pytestmark = pytest.mark.usefixtures("world")


def transcripts():
    return pd.read_parquet("data/transcripts/transcripts.parquet")


def transcribe(**asr):
    return room.transcribe(params(asr=asr).asr)


def test_every_query_has_its_own_text():
    write_corpus(60)
    transcribe()
    table = transcripts()
    assert list(table.columns) == ["query_id", "text", "confidence"]
    assert table["query_id"].tolist() == [query_id(number) for number in range(60)]
    assert table["text"].tolist() == [UNDERSTOOD[number % 4] for number in range(60)]


def test_the_figures_are_those_of_the_texts():
    write_corpus(60)
    metrics = transcribe()
    assert json.loads(room.METRICS.read_text()) == metrics
    # Of four words: none wrong, one missed, three wrong, all missed.
    assert metrics["wer"] == 50.0
    assert (metrics["substitutions"], metrics["deletions"], metrics["insertions"]) == (45, 75, 0)
    assert metrics["empty"] == 15
    assert metrics["test"]["queries"] == metrics["dev"]["queries"] == 20
    # The way in which a query is understood goes with the loudness of its noise.
    bands = {name: (part["wer"], part["empty"]) for name, part in metrics["test_by_snr"].items()}
    assert bands == {
        "0 to 3 dB": (0.0, 0), "3 to 6 dB": (25.0, 0), "6 to 9 dB": (75.0, 0), "9 to 12 dB": (100.0, 5),
    }  # fmt: skip
    assert metrics["weights"] == "DeepSpeech runtime, our weights"
    assert 0 <= metrics["real_time_factor"] < 1


def test_what_it_cost_is_kept_apart():
    write_corpus(8, samples=32_000)
    transcribe()
    seconds = pd.read_csv(room.SECONDS, sep="\t")
    assert seconds["audio_seconds"].tolist() == [2.0] * 8
    assert (seconds["cpu_seconds"] < 0.1).all()
    assert seconds["query_id"].tolist() == transcripts()["query_id"].tolist()


def test_the_command_prints_a_table(capsys):
    write_corpus(12)
    params()
    room.main()
    printed = capsys.readouterr().out
    assert "12 queries, deepspeech (DeepSpeech runtime, our weights)" in printed
    assert "test, 9 to 12 dB" in printed


def test_where_no_row_reads_transcripts_the_tables_are_empty(capsys):
    write_corpus(4)
    write_json(TRANSCRIBED, {"splits": []})
    params()
    room.main()
    assert list(transcripts().columns) == ["query_id", "text", "confidence"]
    assert len(transcripts()) == 0
    assert capsys.readouterr().out == "transcripts: nobody is heard, no row of `compare` reads transcripts\n"
    assert len(texts_of("speech")) == 0
    with pytest.raises(DataError, match=r"transcripts\.parquet is empty: no row that reads transcripts"):
        texts_of("transcripts")


def test_a_row_that_trains_on_captions_has_nothing_of_train_transcribed():
    write_corpus(60)
    write_json(TRANSCRIBED, {"splits": ["dev", "test"]})
    params()
    room.main()
    queries = pd.read_parquet("data/corpus/queries.parquet").set_index("query_id")
    heard = transcripts().set_index("query_id")["text"]
    assert set(queries.loc[heard.index, "split"]) == {"dev", "test"}
    read = texts_of("transcripts", "captions").set_index("query_id")
    train = read["split"] == "train"
    assert read["text"][train].equals(queries["caption"][read.index[train]].rename("text"))
    assert read["text"][~train].sort_index().equals(heard.sort_index())
    with pytest.raises(DataError, match=r"has no query .*run `dvc repro -sf transcripts`"):
        texts_of("transcripts")


@pytest.mark.parametrize(
    ("rows", "splits"),
    [
        (["base"], []),
        (["base", "asr-captions"], ["dev", "test"]),
        (["asr-captions", "asr"], ["train", "dev", "test"]),
    ],
)
def test_the_splits_are_those_that_the_compared_rows_read(rows, splits):
    methods = params().methods
    write_needed(methods[row] for row in rows)
    assert transcribed_splits() == splits
    assert transcripts_needed() == bool(splits)


def test_splits_that_are_none_are_refused():
    write_json(TRANSCRIBED, {"splits": ["all"]})
    with pytest.raises(DataError, match="expected a list of splits; run `dvc repro -sf rows`"):
        transcribed_splits()


@pytest.mark.parametrize("content", [{}, {"needed": "yes"}])
def test_what_says_neither_yes_nor_no_is_refused(content):
    write_json(NEEDED, content)
    with pytest.raises(DataError, match=r"`needed` is .*, expected true or false; run `dvc repro -sf rows`"):
        transcripts_needed()


@pytest.fixture
def shards_now(monkeypatch):
    """The shards worked on so far; the second is interrupted."""
    calls = []

    def counted(job, ids):
        calls.append(ids[0])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return transcribe(job, ids)

    transcribe = shard.transcribe
    monkeypatch.setattr(shard, "transcribe", counted)
    return calls


@pytest.mark.fault("transcribing interrupted in its second shard", lost="that shard")
def test_an_interrupted_run_goes_on_where_it_was(shards_now, seen):
    write_corpus(120)
    with pytest.raises(KeyboardInterrupt):
        transcribe()
    assert not Path("data/transcripts").exists()
    assert not room.METRICS.exists()
    shards_now[:] = ["one", "two"]
    transcribe()
    assert shards_now[2:] == ["q050", "q100"]
    seen("no half artifact; the same command transcribed the other two of three shards")
    assert len(transcripts()) == 120
    assert list(Path(".checkpoints").iterdir()) == []


@pytest.mark.fault(
    "transcribing interrupted, then speech, model or params changed", lost="the work on the earlier inputs"
)
@pytest.mark.parametrize("change", ["speech", "model", "params"])
def test_an_interrupted_run_is_not_resumed_from_other_inputs(world, shards_now, monkeypatch, change, seen):
    (world / "model").write_text("weights")
    monkeypatch.setattr(room, "chosen_engine", lambda _: Engine(files=[world / "model"]))
    write_corpus(120)
    with pytest.raises(KeyboardInterrupt):
        transcribe()
    shards_now[:] = ["one", "two"]
    if change == "speech":
        write_corpus(120, samples=801)
    elif change == "model":
        (world / "model").write_text("other weights")
    transcribe(**({"beam_width": 7} if change == "params" else {}))
    assert shards_now[2] == "q000"
    seen("all is transcribed anew")


def test_an_engine_that_leaks_gets_short_lived_processes(monkeypatch):
    # Started by workers, which are processes themselves.
    monkeypatch.setenv("SVG_WORKERS", "2")
    monkeypatch.setattr(room, "chosen_engine", lambda _: Engine(queries_per_process=30))
    write_corpus(60, samples=2000)
    transcribe()
    assert transcripts()["text"].tolist() == [UNDERSTOOD[number % 4] for number in range(60)]
    # By the process that heard them: of a shard of 50 and one of 10.
    assert sorted(transcripts()["confidence"].value_counts()) == [10, 20, 30]


@pytest.mark.fault("kill -9 of a process that transcribes", lost="that shard")
def test_a_process_that_is_killed_is_told_of(monkeypatch):
    monkeypatch.setattr(room, "chosen_engine", lambda _: Engine(queries_per_process=30, dies=True))
    write_corpus(60)
    with pytest.raises(UserError, match="30 queries from q000 on ended without a word"):
        transcribe()
    assert not Path("data/transcripts").exists()


def refused(capsys, says):
    params()
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert says in said
    assert not Path("data/transcripts").exists()
    assert not room.METRICS.exists()


@pytest.mark.fault("a shard of mixed speech cut short", lost="nothing: refused")
def test_a_damaged_shard_is_named(capsys):
    write_corpus(60)
    path = Path("data/mixed/shard-00001.h5")
    path.write_bytes(path.read_bytes()[:-1])
    refused(capsys, "data/mixed/shard-00001.h5 is damaged")


def test_another_sample_rate_is_refused(capsys):
    write_corpus(6, rate=8000)
    refused(capsys, "data/mixed/manifest.json says sample_rate 8000, expected 16000; run `dvc repro -sf mix`")


def test_speech_that_is_no_int16_is_refused(capsys):
    write_corpus(6, dtype="float32")
    refused(capsys, "q000 is float32 of shape (800,), expected int16 samples")


def test_speech_of_unknown_queries_is_refused(capsys):
    write_corpus(6)
    table = pd.read_parquet("data/corpus/queries.parquet")
    table.iloc[:5].to_parquet("data/corpus/queries.parquet")
    refused(capsys, "data/mixed has queries that data/corpus/queries.parquet or")


def test_a_corpus_without_dev_is_transcribed():
    write_corpus(6)
    table = pd.read_parquet("data/corpus/queries.parquet")
    table["split"] = table["split"].replace("dev", "train")
    table.to_parquet("data/corpus/queries.parquet")
    assert "dev" not in transcribe()


def test_an_engine_without_confidence_leaves_none():
    write_corpus(6)
    transcribe()
    assert transcripts()["confidence"].isna().all()
