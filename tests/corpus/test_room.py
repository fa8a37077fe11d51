"""The room as a whole, on an own corpus with every kind of media."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from omegaconf import OmegaConf
from safetensors.torch import save_file

from stages.common.artifacts import read_json, sha256_of
from stages.common.shards import Shards
from stages.corpus.__main__ import main
from stages.corpus.demo.render import render
from stages.corpus.demo.world import Event, World
from stages.corpus.extractors.clip import Tower
from stages.corpus.extractors.extractor import Pixels
from stages.corpus.pixels import WIDTH
from tests.paths import ROOT

TABLE = """video,start,end,caption,split,duration,speech,speaker
a,2,9,A red star spins.,train,,a.wav,ann
a,15,21,It spins again.,train,,gone.wav,ann
b,1,99,Something green.,train,30,b.wav,ben
c,3,8,A blue one.,test,,c.wav,cy
d,3,8,No such video.,test,20,c.wav,cy
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with an own corpus; returns how to run the room on it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    root = tmp_path / "own"
    (root / "speech").mkdir(parents=True)
    (root / "queries.csv").write_text(TABLE)
    for name, rate in (("a", 16000), ("b", 44100), ("c", 8000)):
        event = Event(2.0, 9.0, "red", "star", ("spin",), "large", "slow", (0.5, 0.5), 0.0)
        render(World(30.0, "plain", (event,), ()), 0, name, root / "videos" / f"{name}.mp4")
        soundfile.write(root / f"speech/{name}.wav", np.sin(np.arange(2 * rate) / 9) / 2, rate)

    def run(**changes):
        content = OmegaConf.load(ROOT / "params.yaml")
        content.corpus = OmegaConf.merge(
            content.corpus, {"name": "own", "root": str(root), "features": "pixels"}, changes
        )
        OmegaConf.save(content, tmp_path / "params.yaml")
        main()
        return pd.read_parquet("data/corpus/queries.parquet"), read_json(
            tmp_path / "metrics/stages/corpus.json", "corpus"
        )

    return run


def test_what_can_be_read_is_kept_and_the_rest_counted(own, capsys):
    table, facts = own()
    assert sorted(table["caption"]) == ["A blue one.", "A red star spins.", "Something green."]
    assert set(table["split"]) == {"train", "dev", "test"}
    assert table.set_index("video_id").loc["b", "end"] == 30  # clipped to the video
    assert facts["problems"]["train"]["missing_speech"] == 1
    assert facts["problems"]["test"]["missing_features"] == 1
    speech, features = (
        Shards(Path("data/corpus/speech"), "corpus"),
        Shards(Path("data/corpus/features"), "corpus"),
    )
    assert [speech.length_of(name) for name in table["speech_id"]] == pytest.approx([32000] * 3, abs=2)
    assert features["a"].shape == (30, WIDTH)
    assert features.manifest["extractor"] == Pixels().facts
    assert "1 missing_speech" in capsys.readouterr().out


def test_missing_recordings_are_spoken_when_asked(own):
    pytest.importorskip("espeakng_loader")
    table, facts = own(speech="tts")
    spoken = table[table["caption"] == "It spins again."].iloc[0]
    assert facts["problems"]["train"]["missing_speech"] == 0
    assert spoken["speaker"] not in ("", "ann")
    assert Shards(Path("data/corpus/speech"), "corpus").length_of(spoken["speech_id"]) > 8000


@pytest.mark.fault("a wav and an mp4 of the user's cut short", lost="their queries")
def test_damaged_files_cost_their_queries_only(own, tmp_path, capsys):
    wav, mp4 = tmp_path / "own/speech/a.wav", tmp_path / "own/videos/b.mp4"
    wav.write_bytes(wav.read_bytes()[:500])
    mp4.write_bytes(mp4.read_bytes()[:-3000])
    (tmp_path / "own/queries.csv").write_text(
        TABLE + "e,0,5,Another.,train,,c.wav,cy\nf,0,5,Third.,train,,c.wav,cy\n"
    )
    for name in "ef":
        (tmp_path / f"own/videos/{name}.mp4").write_bytes((tmp_path / "own/videos/c.mp4").read_bytes())
    table, facts = own()
    assert "a.wav is cut short" in capsys.readouterr().out
    assert "A red star spins." not in set(table["caption"])
    assert "Something green." not in set(table["caption"])
    assert sum(facts["problems"]["unreadable_speech"].values()) == 1
    assert sum(facts["problems"]["unreadable_video"].values()) == 1
    with pytest.raises(SystemExit) as ended:
        own(strict=True)
    assert ended.value.code == 3


def test_the_same_corpus_gives_the_same_bytes(own, tmp_path, monkeypatch):
    def hashes():
        return {path.name: sha256_of(path) for path in (tmp_path / "data").rglob("*") if path.is_file()}

    own()
    first = hashes()
    monkeypatch.setenv("SVG_WORKERS", "2")
    own()
    assert hashes() == first


def test_a_file_mended_after_a_failed_run_is_read_anew(own, tmp_path):
    wav = tmp_path / "own/speech/a.wav"
    whole = wav.read_bytes()
    wav.write_bytes(whole[:500])
    with pytest.raises(SystemExit):
        own(strict=True)
    wav.write_bytes(whole)
    (tmp_path / "own/queries.csv").write_text(TABLE.replace("gone.wav", "c.wav").replace("\nd,", "\nc,"))
    table, _ = own(strict=False)
    assert "A red star spins." in set(table["caption"])
    assert list((tmp_path / ".checkpoints").glob("*")) == []


def test_a_split_that_can_not_be_read_ends_the_run(own, tmp_path, capsys):
    wav = tmp_path / "own/speech/c.wav"
    wav.write_bytes(wav.read_bytes()[:500])
    with pytest.raises(SystemExit):
        own()
    assert "no test query is left: 1 files can't be read, the first being" in capsys.readouterr().err


def test_features_of_two_extractors_end_the_run(own, tmp_path, capsys):
    (tmp_path / "own/features").mkdir()
    for name, width in (("a", 4), ("b", 5), ("c", 5)):
        np.save(tmp_path / f"own/features/{name}.npy", np.zeros((3, width), np.float32))
    with pytest.raises(SystemExit):
        own(features="arrays")
    assert "5 wide" in capsys.readouterr().err


@pytest.mark.fault("features too large for half precision", lost="that video's queries")
def test_features_that_would_overflow_are_refused(own, tmp_path):
    (tmp_path / "own/features").mkdir()
    more = "".join(f"{name},0,5,Another.,train,30,c.wav,cy\n" for name in "ef")
    (tmp_path / "own/queries.csv").write_text(TABLE + more)
    for name, largest in (("a", 1.0), ("b", 7e4), ("c", 6e4), ("e", 1.0), ("f", 1.0)):
        np.save(tmp_path / f"own/features/{name}.npy", np.full((3, 4), largest, np.float32))
    table, facts = own(features="arrays")
    assert sorted(table["video_id"].unique()) == ["a", "c", "e", "f"]
    assert sum(facts["problems"]["unreadable_video"].values()) == 1


def test_a_missing_folder_is_named(own, capsys):
    with pytest.raises(SystemExit):
        own(root="/nowhere/corpus")
    assert "/nowhere/corpus" in capsys.readouterr().err


def test_a_network_may_look_at_the_videos(own, tmp_path, capsys):
    checkpoint = tmp_path / "model.safetensors"
    save_file(Tower(width=64, wide=64, layers=1, patch=8, rows=5, outputs=6).state_dict(), checkpoint)
    own(features="clip", features_checkpoint=str(checkpoint))
    features = Shards(Path("data/corpus/features"), "corpus")
    assert features["a"].shape == (60, 6)
    assert features.manifest["extractor"]["name"] == "clip"
    assert ": 180 pictures in " in capsys.readouterr().out
