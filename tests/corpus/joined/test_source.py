"""Joined videos show what their moments say, and have the features of their clips."""

import json

import numpy as np
import pandas as pd
import pytest

from stages.common.errors import DataError
from stages.common.shards import Shards
from stages.corpus.extractors.network import Looks, PictureNetwork
from stages.corpus.joined import source as joined_source
from stages.corpus.joined.pictures import fitted
from stages.corpus.joined.source import Joined
from stages.corpus.queries import MadeSource, as_table
from stages.corpus.video_files import duration_of, on_screen
from tests.corpus.extractors.mean import Mean
from tests.corpus.joined.worlds import colour, corpus, write_clip, write_clips
from tests.paths import ROOT


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    write_clips(folder)
    return folder


@pytest.fixture
def made(root, tmp_path, monkeypatch):
    """A joined corpus of the clips; `by_picture` has a network that sees single pictures describe it."""
    monkeypatch.setenv("SVG_WORKERS", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(name="a", by_picture=True, seed=0, folder=root, joined=None, **changes):
        if by_picture:
            looks = Looks(2, 1, 1, 32, 32, "BILINEAR")
            network = PictureNetwork("mean", 3, Mean(), looks, "abc")
            monkeypatch.setattr(joined_source, "chosen_extractor", lambda _: network)
        out = tmp_path / name
        found = Joined(corpus(folder, joined, **changes), seed, out / "videos", out / "work")
        table = as_table(found.queries())
        failures = found.write_features(out / "features", table["video_id"].unique())
        assert not failures
        return found, table, out

    return run


def test_it_makes_its_videos(root, tmp_path):
    assert isinstance(Joined(corpus(root), 0, tmp_path, tmp_path), MadeSource)


@pytest.mark.parametrize("fade", [0.0, 0.5, 1.0])
def test_a_moment_shows_its_clip(made, fade):
    _, table, out = made(joined={"fade": fade, "trim": 0.5})
    pieces = pd.read_parquet(out / "videos/pieces.parquet").set_index(["video_id", "clip"])
    for _, query in table.iterrows():
        path = out / "videos" / f"{query['video_id']}.mp4"
        assert duration_of(path) == pytest.approx(query["duration"], abs=0.01)
        clip = query["query_id"].split("/")[1].split("#")[0]
        piece = pieces.loc[query["video_id"], clip]
        assert (piece["start"], piece["end"]) == (query["start"], query["end"])
        shown = [frame.mean(axis=(0, 1)) for frame in on_screen(path, 4, fitted(64, 64), threads=1)]
        inside = range(int(np.ceil((query["start"] + fade / 2) * 4)), int((query["end"] - fade / 2) * 4))
        begins = query["start"] - (fade / 2 if query["start"] else 0)
        for place in inside:
            expected = colour(int(clip[1:]), piece["clip_start"] + place / 4 - begins + 1e-6)
            np.testing.assert_allclose(shown[place], expected, atol=6)


@pytest.mark.parametrize("fade", [0.0, 0.5, 1.5])
def test_features_are_those_of_the_joined_pictures(made, fade):
    found, table, out = made(joined={"fade": fade, "trim": 0.5})
    features = Shards(out / "features", "corpus")
    network = joined_source.chosen_extractor(None)
    for video_id in table["video_id"].unique():
        rows = features[video_id]
        assert len(rows) == round(2 * table.set_index("video_id")["duration"].loc[[video_id]].iloc[0])
        path = out / "videos" / f"{video_id}.mp4"
        # Of the written file, whose codec changes colours a little.
        np.testing.assert_allclose(rows, network.rows(on_screen(path, 2, fitted(64, 64), threads=1)), atol=3)
    if not fade:
        clips = Shards(out / "work" / "clips", "corpus")
        for video in found.joined:
            own = [clips[p.clip.name][p.first : p.first + p.steps] for p in video.pieces]
            assert np.array_equal(features[video.video_id], np.concatenate(own))


def test_an_extractor_of_several_pictures_is_shown_the_joined_video(made):
    _, table, out = made(by_picture=False, joined={"rounds": 2, "fade": 0.0})
    features = Shards(out / "features", "corpus")
    for video_id, duration in table.groupby("video_id")["duration"].first().items():
        assert len(features[video_id]) == np.ceil(duration)
        assert (out / "videos" / f"{video_id}.mp4").exists()


def test_rounds_join_the_training_clips_anew_and_write_one_of_them(made):
    _, table, out = made(joined={"rounds": 3})
    rounds = table["video_id"].str.split("-").str[1].astype(int)
    assert table.groupby("split")["query_id"].count().to_dict() == {"train": 24, "dev": 3, "test": 4}
    assert sorted(set(rounds[table["split"] == "train"])) == [0, 1, 2]
    written = {path.stem for path in (out / "videos").glob("*.mp4")}
    assert written == set(table[rounds == 0]["video_id"])
    assert set(Shards(out / "features", "corpus").ids()) == set(table["video_id"])
    # In another round another caption may ask, in the same voice each time.
    train = table[table["split"] == "train"]
    assert train["caption"].nunique() > 8
    assert (train.groupby("speech_id")["caption"].nunique() == 1).all()


def test_one_or_all_captions_ask(made):
    _, first, _ = made("first")
    assert first[first["split"] == "test"]["caption"].str.startswith("clip").all()
    _, every, _ = made("every", joined={"captions": {"train": "all", "dev": "first", "test": "all"}})
    assert every.groupby("split")["query_id"].count().to_dict() == {"train": 16, "dev": 3, "test": 8}
    _, dev, _ = made("dev", joined={"captions": {"train": "one", "dev": "all", "test": "first"}})
    assert dev.groupby("split")["query_id"].count().to_dict() == {"train": 8, "dev": 6, "test": 4}


def test_the_same_seed_gives_the_same_bytes(made):
    tables, features = [], []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        _, table, out = made(name, seed=seed)
        tables.append(table)
        features.append([path.read_bytes() for path in sorted((out / "features").glob("*.h5"))])
        features[-1] += [path.read_bytes() for path in sorted((out / "videos").iterdir())]
    assert tables[0].equals(tables[1])
    assert features[0] == features[1]
    assert not tables[0].equals(tables[2])


def test_a_clip_that_another_corpus_has_described_is_not_looked_at_again(made, monkeypatch):
    hard = {"fade": 0.0}
    made("first", joined=hard)
    seen = []
    monkeypatch.setattr(PictureNetwork, "rows", lambda *_: seen.append(1))
    made("cut otherwise", seed=1, joined=hard)
    assert not seen
    with pytest.raises(AttributeError):
        made("more pictures", joined=hard, pictures_per_second=4)
    assert seen


def test_a_killed_run_goes_on_where_it_was(made):
    _, _, out = made()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.h5")}
    gone = sorted((out / "features").glob("*.h5"))[0]
    gone.unlink()
    made()
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*.h5")}
    assert {path for path in after if after[path] != before[path]} == {gone}


def broken(root, tmp_path, change):
    """The clips with one thing wrong."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "videos").mkdir()
    for path in (root / "videos").iterdir():
        (folder / "videos" / path.name).hardlink_to(path)
    rows = write_clips(folder)
    change(folder, rows)
    write_clips(folder, rows)
    return folder


def garbage(folder, _):
    (folder / "videos/c01.mp4").unlink()
    (folder / "videos/c01.mp4").write_bytes(b"garbage")


def brief(folder, _):
    (folder / "videos/c01.mp4").unlink()
    write_clip(folder / "videos/c01.mp4", 1, seconds=0.5)


def leak(_, rows):
    for row in rows:
        if row["clip"] == "c01":
            row["source"] = "film14"


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (garbage, "unreadable", "c01.mp4 can't be opened as a video"),
        (brief, "too_short", "c01.mp4 lasts 0.5 s; a piece has at least 1.5 s"),
        (leak, "train_source_held_out", "clip 'c01' is train, but its source 'film14' is also in test"),
    ],
)
def test_a_clip_that_cannot_be_used_is_named_and_the_others_are_joined(
    root, tmp_path, capsys, monkeypatch, change, rule, said
):
    monkeypatch.setenv("SVG_WORKERS", "1")
    folder = broken(root, tmp_path, change)
    found = Joined(corpus(folder), 0, tmp_path / "v", tmp_path / "w")
    clips = {piece.clip.name for video in found.joined for piece in video.pieces}
    assert "c01" not in clips
    assert len(clips) == 14
    assert found.left_out == {rule: 1}
    printed = capsys.readouterr().out
    assert said in printed
    assert printed.count("\n") == 1
    with pytest.raises(DataError, match=r"1 clips can't be used and corpus\.strict is true"):
        _ = Joined(corpus(folder, strict=True), 0, tmp_path / "v", tmp_path / "w").joined


def test_a_clip_without_a_file_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    write_clips(tmp_path)
    (tmp_path / "videos/c02.mp4").unlink()
    found = Joined(corpus(tmp_path), 0, tmp_path / "v", tmp_path / "w")
    assert len({piece.clip.name for video in found.joined for piece in video.pieces}) == 14
    assert "has no file 'c02'" in capsys.readouterr().out


def test_splits_are_drawn_by_source_where_none_are_given(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    rows = [{"clip": f"c{n:02d}", "caption": f"text {n}", "source": f"film{n // 2}"} for n in range(30)]
    write_clips(tmp_path, rows)
    found = Joined(
        corpus(tmp_path, {"clips_per_video": [2, 3]}, test_fraction=0.3, dev_fraction=0.3),
        0,
        tmp_path / "v",
        tmp_path / "w",
    )
    splits = {}
    for video in found.joined:
        for piece in video.pieces:
            splits.setdefault(piece.clip.source, set()).add(video.split)
    assert all(len(held) == 1 for held in splits.values())
    assert {split for held in splits.values() for split in held} == {"train", "dev", "test"}


def test_recordings_are_used_where_there_are_some(tmp_path, monkeypatch):
    monkeypatch.setenv("SVG_WORKERS", "1")
    rows = write_clips(tmp_path)
    rows = [{**row, "speech": "x/a.wav" if row["clip"] == "c00" else "", "speaker": "ann"} for row in rows]
    write_clips(tmp_path, rows)
    (tmp_path / "speech/x").mkdir(parents=True)
    (tmp_path / "speech/x/a.wav").touch()
    found = Joined(corpus(tmp_path, speech="recorded"), 0, tmp_path / "v", tmp_path / "w")
    table = as_table(found.queries())
    paths = {row["speech_id"]: found.recording(row["speech_id"]) for _, row in table.iterrows()}
    assert {name[:3] for name, path in paths.items() if path} == {"c00"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": "arrays"}, "features: arrays, but the videos of corpus joined are made here"),
        ({"joined": {"fade": 0.3}}, r"joined.fade: 0.3 s is no whole number of steps of 1/2 s"),
        (
            {"pictures_per_second": 5},
            r"joined.pictures_per_second: 12 is no multiple of corpus.pictures_per_second, 5",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        corpus("/clips", **changes)


def test_real_clips_are_joined(tmp_path, monkeypatch):
    real = ROOT.parent / "shared/real/msrvtt"
    if not real.is_dir():
        pytest.skip("no ../shared")
    monkeypatch.setenv("SVG_WORKERS", "1")
    clips = json.loads((real / "clips.json").read_text())
    chosen = [c for split in ("train", "dev", "test") for c in clips if c["split"] == split]
    few = [next(c for c in chosen if c["split"] == split) for split in ("train", "dev", "test")]
    few += [c for c in chosen if c not in few and c["split"] == "train"][:5]
    few += [c for c in chosen if c not in few and c["split"] == "dev"][:3]
    few += [c for c in chosen if c not in few and c["split"] == "test"][:3]
    (tmp_path / "clips.json").write_text(json.dumps(few))
    found = Joined(corpus(tmp_path, videos_folder=str(real / "clips")), 0, tmp_path / "v", tmp_path / "w")
    by_name = {c["id"]: c for c in few}
    for video in found.joined:
        for piece in video.pieces:
            assert piece.first + piece.steps <= 2 * by_name[piece.clip.name]["duration"] + 1.5
            assert piece.clip.captions[0].text == by_name[piece.clip.name]["sentence"]
