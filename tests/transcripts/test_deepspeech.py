"""The room with the genuine library and a tiny network of random weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from stages.acoustic.export import as_model_file
from stages.acoustic.scorer import as_scorer
from stages.common.building import build_shards
from stages.common.errors import DataError
from stages.transcripts import __main__ as room
from stages.transcripts.engines import chosen_engine, deepspeech
from tests.acoustic.sounds import sound
from tests.training.worlds import params
from tests.transcripts.world import query_id, write_corpus

QUERIES = 60


@pytest.fixture(autouse=True)
def speech(world, runtime, network, monkeypatch):
    """Sounds for words, and our own files where the pipeline has them."""
    monkeypatch.setattr(room, "chosen_engine", chosen_engine)
    write_corpus(QUERIES)
    for shard in Path("data/mixed").glob("*.h5"):
        shard.unlink()
    sounds = {query_id(number): sound(3000 + 97 * number, number) for number in range(QUERIES)}
    build_shards(Path("data/mixed"), sounds, np.asarray, "int16", "clip", sample_rate=16_000)
    for folder in ("data", "models"):
        (world / folder / "deepspeech").mkdir(parents=True)
    deepspeech.LIBRARY.symlink_to(runtime.path)
    deepspeech.OUR_MODEL.write_bytes(as_model_file(network, 16))
    deepspeech.OUR_SCORER.write_bytes(as_scorer(["a red ball rolls", "the star"], params().acoustic.language))
    return sounds


def outcome():
    return Path("data/transcripts/transcripts.parquet").read_bytes()


def test_workers_do_not_change_a_byte(speech, monkeypatch):
    # Named as another model, it decodes without the captions: random weights then say more than one thing.
    given = params(asr={"model": str(deepspeech.OUR_MODEL.absolute())})
    room.transcribe(given.asr)
    alone = outcome()
    monkeypatch.setenv("SVG_WORKERS", "2")
    room.transcribe(given.asr)
    assert outcome() == alone
    with deepspeech.Engine(given.asr).recogniser() as recogniser:
        heard = {name: recogniser.hear(samples).text for name, samples in speech.items()}
    table = room.read_table(Path("data/transcripts/transcripts.parquet"), "transcripts")
    assert dict(zip(table["query_id"], table["text"], strict=True)) == heard
    assert len(set(heard.values())) > 5


def test_our_words_stand_beside_our_weights_alone(tmp_path):
    other = tmp_path / "other.pbmm"
    shutil.copy(deepspeech.OUR_MODEL, other)
    ours = {deepspeech.OUR_MODEL.absolute(), deepspeech.OUR_SCORER.absolute()}
    assert ours <= set(chosen_engine(params().asr).files())
    assert not ours & set(chosen_engine(params(asr={"model": str(other)}).asr).files())
    metrics = room.transcribe(params(asr={"model": str(other)}).asr)
    assert metrics["weights"] == str(other)
    free = outcome()
    room.transcribe(params(asr={"lm_alpha": 9.0, "lm_beta": 0.0}).asr)
    assert outcome() != free


@pytest.mark.fault(
    "garbage for the model, the scorer or the library of DeepSpeech", lost="nothing: refused before any work"
)
@pytest.mark.parametrize("which", ["OUR_MODEL", "OUR_SCORER", "LIBRARY"])
def test_a_damaged_file_ends_the_run_before_any_work(which, capsys):
    path = getattr(deepspeech, which)
    path.unlink()
    path.write_bytes(b"garbage" * 100)
    params()
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith(f"error: {path.absolute()} ")
    assert said.count("\n") == 1
    assert not Path("data/transcripts").exists()
    assert not Path(".checkpoints").exists()


def test_a_model_for_another_rate_is_refused(monkeypatch):
    monkeypatch.setattr(deepspeech, "SAMPLE_RATE", 8000)
    with pytest.raises(DataError, match="takes speech of 16000 Hz, expected 8000"):
        chosen_engine(params().asr).check()
