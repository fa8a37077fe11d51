import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from stages.common.errors import DataError
from stages.mix import __main__ as room
from stages.mix import shard
from stages.mix.strength import weights
from tests.mix.noise_world import mixed, params, utterance, write_corpus, write_esc50


def recipe() -> pd.DataFrame:
    return pd.read_parquet("data/mixed/recipe.parquet").set_index("query_id")


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path("data/mixed").iterdir()}


def test_every_query_has_the_ratio_its_proportion_asks_for(world):
    write_corpus(20)
    metrics = room.mix_all(params(esc50=str(write_esc50(world / "esc50")), level="large", mode="convex"))
    ratios = []
    for query_id, row in recipe().iterrows():
        speech, samples = utterance(query_id.replace("q", "s")).astype(float), mixed(query_id).astype(float)
        covered = slice(row["start"], row["start"] + row["length"])
        assert len(samples) == len(speech)
        assert 0.5 <= row["length"] / len(speech) <= 1
        assert 0.7 <= row["alpha"] <= 0.9
        assert not row["scaled"]
        under = weights(row["alpha"], "convex")[0] * speech[covered]
        added = samples[covered] - under
        ratios.append(10 * np.log10((under @ under) / (added @ added)))
        assert ratios[-1] == pytest.approx(20 * np.log10((1 - row["alpha"]) / row["alpha"]), abs=0.1)
        assert row["snr_db"] == pytest.approx(ratios[-1], abs=0.01)
        samples[covered] = speech[covered]
        assert np.array_equal(samples, speech)
    assert metrics["noisy"] == 20
    assert metrics["dev"]["snr_db_mean"] == pytest.approx(np.mean(ratios[2::4]), abs=0.02)
    assert metrics["test"]["snr_db_min"] == pytest.approx(min(ratios[3::4]), abs=0.02)


def test_a_ratio_in_decibels_takes_the_place_of_the_level(world):
    write_corpus(8)
    metrics = room.mix_all(params(esc50=str(write_esc50(world / "esc50")), snr_db=[10.0, 20.0]))
    assert recipe()["snr_db"].between(9.95, 20.05).all()
    assert metrics["strength"]["set_by"] == "noise.snr_db, in place of noise.level normal"
    assert json.loads(Path("metrics/stages/mix.json").read_text()) == metrics


def test_no_split_hears_another_splits_noise(world):
    write_corpus(60)
    room.mix_all(params(esc50=str(write_esc50(world / "esc50"))))
    heard = recipe().groupby("split")["noise"].apply(lambda names: {int(name[0]) for name in names})
    assert heard.to_dict() == {"train": {1, 2, 3}, "dev": {4}, "test": {5}}


def test_a_query_sounds_the_same_whoever_else_is_there(world):
    noise = params(esc50=str(write_esc50(world / "esc50")))
    write_corpus(12)
    room.mix_all(noise)
    few = {name: mixed(f"q{name}") for name in ("000", "003", "011")}
    write_corpus(60, order=-1)
    room.mix_all(noise)
    for name, samples in few.items():
        assert np.array_equal(mixed(f"q{name}"), samples)


def test_workers_do_not_change_a_byte(world, monkeypatch):
    noise = params(esc50=str(write_esc50(world / "esc50")))
    write_corpus(60)
    room.mix_all(noise)
    alone = files()
    monkeypatch.setenv("SVG_WORKERS", "2")
    room.mix_all(noise)
    assert files() == alone
    assert list(Path(".checkpoints").iterdir()) == []


def test_another_seed_is_another_noise(world):
    noise = params(esc50=str(write_esc50(world / "esc50")))
    write_corpus(8)
    room.mix_all(noise)
    before = recipe()
    room.mix_all(noise.model_copy(update={"seed": 1}))
    assert (recipe()["start"] != before["start"]).all()


def test_one_changed_recording_changes_one_shard(world):
    noise = params(esc50=str(write_esc50(world / "esc50")))
    write_corpus(60)
    room.mix_all(noise)
    before = files()
    write_corpus(60, speech=lambda name: utterance(name if name != "s003" else "other"))
    room.mix_all(noise)
    changed = {name for name, content in files().items() if content != before[name]}
    assert changed == {"shard-00000.h5", "manifest.json", "recipe.parquet"}


def test_louder_noise_is_the_same_noise_at_the_same_place(world):
    esc50 = str(write_esc50(world / "esc50"))
    write_corpus(12)
    room.mix_all(params(esc50=esc50, level="normal"))
    normal = recipe()
    room.mix_all(params(esc50=esc50, level="large"))
    large = recipe()
    same = ["noise", "noise_start", "start", "length"]
    assert normal[same].equals(large[same])
    assert (large["alpha"] - normal["alpha"]).tolist() == pytest.approx([0.2] * 12)


def test_clean_is_the_speech_itself_and_needs_no_noise(world):
    write_corpus(8)
    metrics = room.mix_all(params(level="clean", esc50=str(world / "nowhere")))
    for name in ("000", "007"):
        assert np.array_equal(mixed(f"q{name}"), utterance(f"s{name}"))
    assert metrics["noisy"] == metrics["scaled"] == 0
    assert metrics["train"]["snr_db_mean"] is None
    assert recipe()["snr_db"].isna().all()


def test_silent_speech_stays_and_is_counted(world):
    write_corpus(8, speech=lambda name: utterance(name) * (name != "s002"))
    metrics = room.mix_all(params(esc50=str(write_esc50(world / "esc50"))))
    assert not mixed("q002").any()
    assert recipe().loc["q002", "outcome"] == "silent_speech"
    assert (metrics["silent_speech"], metrics["noisy"]) == (1, 7)
    assert "NaN" not in Path("metrics/stages/mix.json").read_text()


def test_a_silent_part_of_a_clip_is_drawn_again(world):
    # ESC-50 pads short sounds with zeros: here a click, then nothing.
    click = np.r_[np.full(400, 0.5), np.zeros(44_100)]
    clips = {f"{fold}-1000-{take}-31.wav": click for fold in range(1, 6) for take in "CDEF"}
    write_corpus(40)
    metrics = room.mix_all(params(esc50=str(write_esc50(world / "esc50", clips))))
    assert metrics["redrawn"] > 10
    assert metrics["noisy"] == 40
    assert recipe()["snr_db"].between(3, 6.1).all()


def test_where_all_noise_is_silent_the_speech_stays_clean_and_is_counted(world):
    esc50 = write_esc50(world / "esc50")
    for path in (esc50 / "audio").glob("4-*"):
        soundfile.write(path, np.zeros(8000), 16_000)
    write_corpus(8)
    metrics = room.mix_all(params(esc50=str(esc50)))
    assert metrics["dev"]["silent_noise"] == metrics["dev"]["queries"] == 2
    assert metrics["dev"]["snr_db_mean"] is None
    assert np.array_equal(mixed("q002"), utterance("s002"))


def test_noise_shorter_than_the_speech_is_looped_without_a_gap(world):
    beep = {f"{fold}-1000-C-37.wav": np.array([0.5, -0.25] * 50) for fold in range(1, 6)}
    esc50 = write_esc50(world / "esc50", beep, rate=16_000)
    table = (esc50 / "meta/esc50.csv").read_text().splitlines()
    (esc50 / "meta/esc50.csv").write_text("\n".join(line for line in table if "-16.wav" not in line))
    write_corpus(4)
    room.mix_all(params(esc50=str(esc50), proportion=[0.5, 0.5], coverage=[1.0, 1.0]))
    added = mixed("q000").astype(float) - utterance("s000")
    # The beep alternates 2 : -1, which the loop keeps throughout.
    loud, soft = sorted([added[::2].mean(), added[1::2].mean()], key=abs, reverse=True)
    assert loud / soft == pytest.approx(-2, abs=0.01)
    assert np.ptp(added[::2]) <= 1


def test_loud_speech_is_scaled_down_and_counted(world):
    write_corpus(8, speech=lambda name: (utterance(name).clip(-1, 1) * 32_767).astype(np.int16))
    metrics = room.mix_all(params(esc50=str(write_esc50(world / "esc50"))))
    assert metrics["scaled"] == recipe()["scaled"].sum() == 8
    assert max(np.abs(mixed(query).astype(int)).max() for query in recipe().index) == 32_767


@pytest.fixture
def mixed_now(monkeypatch):
    """The queries mixed so far; the 55th is interrupted."""
    calls = []

    def counted(job, query):
        calls.append(query.query_id)
        if len(calls) == 55:
            raise KeyboardInterrupt
        return mix_query(job, query)

    mix_query = shard.mix_query
    monkeypatch.setattr(shard, "mix_query", counted)
    return calls


@pytest.mark.fault("mixing interrupted in its second shard", lost="that shard")
def test_an_interrupted_run_mixes_only_what_is_missing(world, mixed_now, seen):
    noise = params(esc50=str(write_esc50(world / "esc50")))
    write_corpus(60)
    with pytest.raises(KeyboardInterrupt):
        room.mix_all(noise)
    assert not Path("data/mixed").exists()
    mixed_now.clear()
    room.mix_all(noise)
    assert mixed_now == [f"q{number:03d}" for number in range(50, 60)]
    seen("the same command mixed the last 10 of 60 queries, and left the same bytes")
    resumed = files()
    mixed_now.clear()
    mixed_now.extend(["before"] * 55)
    room.mix_all(noise)
    assert files() == resumed


@pytest.mark.fault(
    "mixing interrupted, then speech, noise, table or seed changed", lost="the work on the earlier inputs"
)
@pytest.mark.parametrize("change", ["speech", "noise", "table", "seed"])
def test_an_interrupted_run_is_not_resumed_from_other_inputs(world, mixed_now, change, seen):
    esc50 = write_esc50(world / "esc50")
    noise = params(esc50=str(esc50))
    write_corpus(60)
    with pytest.raises(KeyboardInterrupt):
        room.mix_all(noise)
    if change == "speech":
        write_corpus(60, speech=lambda name: utterance(f"{name} again"))
    elif change == "noise":
        soundfile.write(esc50 / "audio/1-1000-A-16.wav", np.full(8000, 0.1), 16_000)
    elif change == "table":
        table = pd.read_parquet(room.QUERIES)
        table.assign(speech_id=table["speech_id"].to_numpy()[::-1]).to_parquet(room.QUERIES)
    else:
        noise = noise.model_copy(update={"seed": 1})
    mixed_now.clear()
    with pytest.raises(KeyboardInterrupt):
        room.mix_all(noise)
    assert mixed_now[0] == "q000"
    seen("all is mixed anew")


@pytest.mark.fault("a noise clip cut short, empty, or no audio", lost="nothing: refused")
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "cut short"),
        (lambda path: soundfile.write(path, np.zeros(0), 44_100), "holds no samples"),
        (lambda path: path.write_bytes(b""), "can't be read as audio"),
    ],
)
def test_a_damaged_noise_clip_is_named(world, damage, says):
    esc50 = write_esc50(world / "esc50")
    damage(esc50 / "audio" / "3-1000-A-16.wav")
    write_corpus(8)
    with pytest.raises(DataError, match=f"3-1000-A-16.wav.*{says}"):
        room.mix_all(params(esc50=str(esc50)))
    assert not Path("data/mixed").exists()


@pytest.mark.fault("a query whose speech is missing", lost="nothing: refused")
def test_a_missing_recording_is_named(world):
    write_corpus(8)
    table = pd.read_parquet(room.QUERIES)
    table.loc[3, "speech_id"] = "s999"
    table.to_parquet(room.QUERIES)
    with pytest.raises(DataError, match=r"s999.*dvc repro -sf corpus"):
        room.mix_all(params(esc50=str(write_esc50(world / "esc50"))))


def test_the_command_prints_a_table_and_ends_errors_in_one_line(world, monkeypatch, capsys):
    monkeypatch.setattr(room, "load_params", lambda: params(esc50=str(world / "esc50")))
    write_corpus(8)
    with pytest.raises(SystemExit) as end:
        room.main()
    assert end.value.code == 3
    assert capsys.readouterr().err.splitlines() == [
        f"error: {world}/esc50 does not exist; correct noise.esc50 in params.yaml"
    ]
    write_esc50(world / "esc50")
    room.main()
    assert "8 queries, proportion 0.5 to 0.7 (noise.level normal), mode add" in capsys.readouterr().out
