"""The room on a tiny world: what it leaves, what it may not hear, and how it goes on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stages.acoustic.__main__ import main
from stages.acoustic.alphabet import spelled
from stages.acoustic.network import AcousticNetwork
from stages.acoustic.noise import Noise
from stages.acoustic.task import Spelling
from stages.acoustic.utterances import read_utterances
from stages.common.artifacts import read_json, read_table, write_json, write_table
from stages.common.errors import DataError
from stages.common.shards import Shards
from stages.common.transcripts_needed import NEEDED
from stages.mix.noise_bank import decode_clips
from tests.acoustic.world import params, spoken, write_corpus

MODEL, SCORER = Path("models/deepspeech/acoustic.pbmm"), Path("models/deepspeech/captions.scorer")
METRICS, PLOT, QUERIES = (
    Path("metrics/stages/acoustic.json"), Path("plots/acoustic.tsv"), Path("data/corpus/queries.parquet")
)  # fmt: skip
# Enough for the tiny world to be heard right.
LEARN = {"hidden": 96, "epochs": 12, "lr": 0.002, "warmup": 20, "patience": 12, "dropout": 0.0}


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    write_json(NEEDED, {"needed": True})
    return tmp_path


def left():
    return [path.read_bytes() for path in (MODEL, SCORER, METRICS, PLOT)]


@pytest.mark.usefixtures("world")
def test_what_is_learned_is_heard_by_the_genuine_library(runtime):
    write_corpus(train=160, dev=20)
    params(acoustic={**LEARN, "noise": {"share": 0.0}})
    main()
    facts = read_json(METRICS, "acoustic")
    assert facts["weights"] == "ours, for the DeepSpeech runtime"
    assert facts["dev_CER"] < 5
    assert facts["steps"] == 40 * facts["epochs"] == 40 * (PLOT.read_text().count("\n") - 1)
    rng = np.random.default_rng(9)
    said = ["dad ace", "bee cab", "ad bad", "be dab"]
    with runtime.model(MODEL, SCORER) as model:
        assert [model.transcribe(spoken(text, rng)) for text in said] == said


@pytest.mark.usefixtures("world")
def test_what_the_room_leaves():
    write_corpus(train=16)
    params()
    main()
    facts = read_json(METRICS, "acoustic")
    assert {key: facts[key] for key in ("epochs", "steps", "utterances", "left_out", "words")} == {
        "epochs": 2, "steps": 8, "utterances": 16, "left_out": 0, "words": 8,
    }  # fmt: skip
    assert PLOT.read_text().splitlines()[0].split("\t") == [
        "epoch", "train_loss", "dev_loss", "dev_CER", "dev_WER"
    ]  # fmt: skip
    assert not list(Path(".checkpoints").glob("*/*/*/"))


@pytest.mark.usefixtures("world")
def test_neither_dev_nor_test_reaches_the_weights_or_the_language_model():
    # One epoch: dev has nothing to choose from.
    write_corpus(train=16)
    params(acoustic={"epochs": 1})
    main()
    before = left()
    write_corpus(train=16, garbled=("test",))
    main()
    assert left() == before
    write_corpus(train=16, garbled=("dev", "test"))
    main()
    assert left()[:2] == before[:2]
    assert left()[2] != before[2]


@pytest.mark.usefixtures("world")
def test_speech_of_other_splits_need_not_even_exist():
    write_corpus(train=16)
    params()
    main()
    before = left()
    table = read_table(QUERIES, "corpus")
    table.loc[table["split"] == "test", "speech_id"] = "nowhere"
    write_table(QUERIES, table)
    main()
    assert left() == before


@pytest.mark.fault("training of the acoustic model interrupted in the middle of a step", lost="nothing")
@pytest.mark.usefixtures("world")
def test_a_killed_run_goes_on_to_the_same_bytes(monkeypatch, capsys, seen):
    write_corpus(train=16)
    params(machine={"checkpoint_seconds": 1e-9})
    main()
    whole = left()
    steps = []
    loss = Spelling.loss

    def dying(self, model, rows, step):
        steps.append(step)
        if len(steps) == 6:
            raise KeyboardInterrupt
        return loss(self, model, rows, step)

    monkeypatch.setattr(Spelling, "loss", dying)
    with pytest.raises(SystemExit):
        main()
    main()
    assert steps[5:7] == [5, 5]
    assert left() == whole
    said = capsys.readouterr()
    assert "resumed from" in said.out
    seen(f"'{said.err.strip().splitlines()[-1]}'; it went on, and ended with the same bytes")


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("asr", [{"engine": "pocketsphinx"}, {"model": "/models/official.pbmm"}])
def test_where_other_weights_are_asked_the_same_nothing_is_left(asr):
    nothing = []
    for hidden in (16, 32):
        params(asr=asr, acoustic={"hidden": hidden})
        main()
        nothing.append(left())
    assert nothing[0] == nothing[1]
    assert nothing[0][:2] == [b"", b""]


@pytest.mark.usefixtures("world")
def test_where_no_row_reads_transcripts_nothing_is_trained(capsys):
    write_json(NEEDED, {"needed": False})
    params()
    main()
    assert left()[:2] == [b"", b""]
    assert "nothing to train, no row of `compare` reads transcripts" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_noise_is_drawn_anew_at_each_step_and_covers_its_share():
    write_corpus(train=16)
    given = params(acoustic={"noise": {"share": 0.5}})
    utterances, _ = read_utterances("train")
    decode_clips(sorted(Path("esc50/audio").glob("[123]*")), Path("bank").absolute())
    bank = Shards(Path("bank").absolute(), "acoustic")
    noise = Noise(bank.ids(), bank, given.acoustic.noise, 0)
    heard = {(row, step): noise.over(utterances, row, step) for row in range(16) for step in range(8)}
    noisy = [not np.array_equal(samples, utterances.samples(row)) for (row, _), samples in heard.items()]
    assert 0.4 < np.mean(noisy) < 0.6
    assert len({heard[0, step].tobytes() for step in range(8)}) == 1 + sum(noisy[:8])
    assert np.array_equal(noise.over(utterances, 3, 5), heard[3, 5])


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("heard", "characters", "words"),
    [("dad ace", 0, 0), (" dad ace ", 200 / 7, 0), ("dadace", 100 / 7, 100), ("", 100, 100)],
)
def test_spaces_are_characters_wherever_they_stand(monkeypatch, heard, characters, words):
    write_corpus(train=16, dev=1)
    given = params()
    bank = Shards(Path("data/corpus/speech").absolute(), "corpus")
    noise = Noise([], bank, given.acoustic.noise, 0)
    train, dev = (read_utterances(split)[0] for split in ("train", "dev"))
    task = Spelling(train, replace(dev, texts=["dad ace"]), noise, given, torch.device("cpu"))
    monkeypatch.setattr("stages.acoustic.task.as_text", lambda _: heard)
    with torch.no_grad():
        found = task.validate(AcousticNetwork(16, 0.0)).figures
    assert (found["dev_CER"], found["dev_WER"]) == (characters, words)


@pytest.mark.usefixtures("world")
def test_what_can_not_be_spelled_or_is_said_too_fast_is_left_out_and_counted():
    write_corpus(train=16)
    table = read_table(QUERIES, "corpus")
    rows = table.index[table["split"] == "train"]
    table.loc[rows[0], "caption"] = "3 dogs"
    # More characters than frames.
    table.loc[rows[1], "caption"] = "a" * 100
    write_table(QUERIES, table)
    utterances, left_out = read_utterances("train")
    assert (len(utterances), left_out) == (14, 2)
    assert all(text == spelled(text) for text in utterances.texts)
    table["caption"] = "123"
    write_table(QUERIES, table)
    with pytest.raises(DataError, match=r"none of the 16 captions of train.*asr.model"):
        read_utterances("train")
