import json
import os
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.common.artifacts import read_json, sha256_of, write_json
from stages.evaluate.results import OWN, details_of
from stages.tools.browse.folder import MARKER
from tests.tools.browse.world import COUNT, HOSTILE, METHODS, params, relevance_alone

OUT = Path("build/browse")


def argument(path: Path, function: str):
    """What a script hands to the page."""
    text = path.read_text()
    assert text.startswith(f"{function}(")
    assert text.endswith(");\n")
    return json.loads(f"[{text[len(function) + 1 : -3]}]")


def cases(out: Path = OUT):
    return argument(out / "cases.js", "takeCases")[0]


def test_every_case_is_there_with_its_files(browse):
    said = browse()
    assert f"{COUNT} cases of base, vgcl, asr" in said
    assert "open build/browse/index.html" in said
    columns = cases()["columns"]
    assert {len(column) for name, column in columns.items() if name != "iou"} == {COUNT}
    assert columns["caption"][: len(HOSTILE)] == HOSTILE
    assert columns["unseen"] == [True, False] * (COUNT // 2)
    assert columns["snr"][0] == -2.0
    assert columns["snr"][-1] is None
    assert columns["noise"][:2] == ["5-1-A-0.wav"] * 2
    assert columns["marks"][4][:3] == [
        ["equal", "a", "a"],
        ["substitute", "red", "bad"],
        ["equal", "cross spins 0 times", "cross spins 0 times"],
    ]
    assert columns["misheard"][3:5] == [0, 1]
    number, details = argument(OUT / "details/000.js", "takeDetails")
    assert (number, len(details)) == (0, COUNT)
    assert details[3]["speech"] == 1.15
    assert details[3]["spectrogram"] == 1.15
    for case in range(COUNT):
        assert (OUT / f"speech/{case:05d}.mp3").stat().st_size > 500
        assert (OUT / f"spectrograms/{case:05d}.png").stat().st_size > 500


def test_wins_and_rights_add_up_to_the_metrics(browse):
    browse()
    iou = np.array(cases()["columns"]["iou"])
    for name, values in zip(METHODS, iou, strict=True):
        metrics = read_json(details_of(name), "evaluate")[OWN]
        assert round(100 * float((values >= 0.5).mean()), 2) == metrics["R1_IoU0_5"]
        assert round(100 * float(values.mean()), 2) == metrics["mIoU"]


def test_moments_and_curves_are_those_of_the_predictions(browse):
    browse()
    _, details = argument(OUT / "details/000.js", "takeDetails")
    table = pd.read_parquet("predictions/vgcl.parquet")
    answer = details[5]["answers"][METHODS.index("vgcl")]
    assert answer["moments"][0] == pytest.approx(table.loc[5, ["start_1", "end_1"]].tolist(), abs=5e-4)
    assert len(answer["moments"]) == 5
    curve = np.frombuffer(b64decode(answer["curves"]["p_start"]), np.uint8) / 255 * answer["peak"]
    assert curve == pytest.approx(table.loc[5, "p_start"], abs=answer["peak"] / 255)


def test_a_method_may_have_its_relevance_alone(browse):
    relevance_alone("vgcl")
    browse()
    _, details = argument(OUT / "details/000.js", "takeDetails")
    base, vgcl, _ = details[5]["answers"]
    assert (list(base["curves"]), list(vgcl["curves"])) == (["p_start", "p_end"], ["relevance"])
    curve = np.frombuffer(b64decode(vgcl["curves"]["relevance"]), np.uint8) / 255 * vgcl["peak"]
    expected = pd.read_parquet("predictions/vgcl.parquet").loc[5, "relevance"]
    assert curve == pytest.approx(expected, abs=vgcl["peak"] / 255)
    assert vgcl["peak"] == pytest.approx(max(expected), rel=1e-3)


def test_no_text_of_the_corpus_is_markup(browse):
    browse()
    assert not set("<>&\u2028") & set((OUT / "cases.js").read_text())
    assert "taken" not in (OUT / "index.html").read_text()


def test_videos_are_linked_and_need_no_room(browse):
    browse()
    videos = cases()["videos"]
    assert [video["id"] for video in videos] == ["v000", "v001", "v002", "v003"]
    for video in videos:
        assert (OUT / video["file"]).samefile(f"data/corpus/videos/{video['id']}.mp4")


def test_videos_of_joined_clips_are_those_that_were_made(browse):
    params(corpus={"name": "joined", "features": "efficientnet", "root": "/data/clips"})
    assert "no file" not in browse()
    for video in cases()["videos"]:
        assert (OUT / video["file"]).samefile(f"data/corpus/videos/{video['id']}.mp4")


def test_where_links_cannot_be_made_videos_are_copied(browse, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    browse()
    copied = OUT / cases()["videos"][0]["file"]
    assert sha256_of(copied) == sha256_of(Path("data/corpus/videos/v000.mp4"))
    assert not copied.samefile("data/corpus/videos/v000.mp4")


def test_a_case_without_a_video_says_so(browse):
    Path("data/corpus/videos/v001.mp4").unlink()
    assert "1 of 4 videos have no file" in browse()
    missing = cases()["videos"][1]
    assert missing["file"] is None
    assert "dvc checkout" in missing["why"]


def test_videos_of_a_real_corpus(browse):
    root = Path("own").absolute()
    (root / "videos/day").mkdir(parents=True)
    shutil.move("data/corpus/videos/v000.mp4", root / "videos/day/v000.mkv")
    params(corpus={"name": "activitynet", "root": str(root)})
    assert "3 of 4 videos have no file" in browse()
    first, second = cases()["videos"][:2]
    assert first["file"] == "videos/00000.mkv"
    assert "corpus.videos_folder" in second["why"]


def test_without_videos_transcripts_and_plots(browse):
    shutil.rmtree("plots")
    shutil.rmtree("data/transcripts")
    browse("--no-videos", "--methods", "asr")
    assert {video["file"] for video in cases()["videos"]} == {None}
    assert set(cases()["columns"]["marks"]) == {None}
    assert not (OUT / "videos").exists()
    assert "<figure>" not in (OUT / "index.html").read_text()


def test_the_page_has_the_table_the_settings_and_the_plots(browse):
    browse()
    page = (OUT / "index.html").read_text()
    for expected in (
        "asked with another video&#x27;s query", "whole video", "normal, mode add, over 0.5 to 1 of",
        "data 0, training 0", "Training: mIoU on dev", "Pretraining of vgcl", "from stage 0 to stage 2",
        "IoU on test: queries in each tenth", "mIoU by length of the moment",
    ):  # fmt: skip
        assert expected in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "$" not in page


def test_the_same_run_gives_the_same_bytes(browse):
    browse("--out", "one")
    browse("--out", "two")
    files = sorted(path.relative_to("one") for path in Path("one").rglob("*") if path.is_file())
    assert files == sorted(path.relative_to("two") for path in Path("two").rglob("*") if path.is_file())
    assert len(files) > 2 * COUNT
    for file in files:
        assert sha256_of("one" / file) == sha256_of("two" / file), file


def test_fewer_cases_are_spread_evenly(browse):
    browse("--cases", "3")
    assert cases()["columns"]["id"] == ["q0000", "q0006", "q0011"]
    browse("--cases", "99")
    assert len(cases()["columns"]["id"]) == COUNT


def test_its_own_folder_is_replaced_whole(browse):
    browse()
    (OUT / "speech/99999.mp3").touch()
    browse("--cases", "2")
    assert sorted(path.name for path in (OUT / "speech").iterdir()) == ["00000.mp3", "00001.mp3"]
    assert [path.name for path in OUT.parent.iterdir()] == ["browse"]


def test_a_folder_of_the_users_is_never_replaced(browse):
    mine = Path("mine")
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    said = browse("--out", "mine", expect=3)
    assert f"holds no {MARKER}" in said
    assert "choose another --out" in said
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]
    assert "is a file" in browse("--out", "mine/thesis.txt", expect=3)
    (mine / "thesis.txt").unlink()
    browse("--out", "mine", "--cases", "1")
    assert (mine / MARKER).exists()


def test_a_run_that_fails_leaves_what_was_there(browse):
    browse("--cases", "1")
    shutil.rmtree("data/mixed")
    shutil.copytree("data/mels", "data/mixed")
    Path("data/mixed/manifest.json").unlink()
    browse(expect=3)
    assert len(cases()["columns"]["id"]) == 1
    assert [path.name for path in OUT.parent.iterdir()] == ["browse"]


def older(path: str, key: str, *section: str):
    """A change of the workspace: a metrics file that has no `key` yet."""

    def change():
        content = inner = read_json(Path(path), "evaluate")
        for name in section:
            inner = inner[name]
        del inner[key]
        write_json(Path(path), content)

    return change


def other_queries():
    table = pd.read_parquet("predictions/vgcl.parquet")
    table["query_id"] = ["x" + name for name in table["query_id"]]
    table.to_parquet("predictions/vgcl.parquet")


def fewer_columns():
    pd.read_parquet("predictions/vgcl.parquet").drop(columns="p_end").to_parquet("predictions/vgcl.parquet")


def other_run():
    shutil.copy("predictions/asr.parquet", "predictions/vgcl.parquet")


def other_noise():
    recipe = pd.read_parquet("data/mixed/recipe.parquet")
    recipe["snr_db"] += 1
    recipe.to_parquet("data/mixed/recipe.parquet")


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        (lambda: shutil.rmtree("predictions"), (), "base was not evaluated yet; run `dvc repro evaluate@b"),
        (lambda: Path("predictions/vgcl.parquet").unlink(), ("--methods", "vgcl"), "was not evaluated yet"),
        (lambda: Path("data/mixed/recipe.parquet").unlink(), (), "missing; run `dvc repro mix`"),
        (older("metrics/stages/evaluate-vgcl.json", "mIoU_low", OWN), (), "vgcl.json has no mIoU_low: an"),
        (older("metrics/stages/evaluate-asr.json", "test"), (), "evaluate-asr.json has no test: an earlier"),
        (older("metrics/stages/blind.json", "rows"), (), "blind.json has no rows: an earlier version"),
        (older("metrics/stages/blind.json", "R5_IoU0_5", "rows", "whole video"), (), "has no R5_IoU0_5"),
        (other_queries, (), "predictions/vgcl.parquet answers 12 queries, 12 of them not among the 12 test"),
        (fewer_columns, (), "predictions/vgcl.parquet has no column p_end: an earlier version wrote it"),
        (other_run, (), "they are of different runs; `dvc checkout` brings"),
        (other_noise, (), "evaluate-base.json was measured on other test queries or other noise"),
        (lambda: shutil.rmtree("data/mels"), (), "data/mels/manifest.json is missing; run `dvc repro mels`"),
        (lambda: Path("plots/ground/base.tsv").write_text("epoch\n1\n2\n"), (), "has no column dev_mIoU"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_one_line_that_says_what_to_do(browse, change, words, message):
    change()
    said = browse(*words, expect=3)
    assert said.startswith("error: ")
    assert message in said
    assert said.count("\n") == 1
    assert not OUT.exists()


def test_a_misspelt_method_is_told_the_nearest(browse):
    assert "the nearest is vgcl" in browse("--methods", "base,vgc", expect=2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cases", "0"), "'0' is no number of cases"),
        (("--methods", "base,base"), "'base,base' is no list of different methods"),
        (("--methods", "base,"), "'base,' is no list of different methods"),
    ],
)
def test_wrong_words(browse, words, message):
    assert message in browse(*words, expect=2)


def test_methods_that_wait_are_named(browse):
    Path("predictions/asr.parquet").unlink()
    browse()
    assert cases()["methods"] == ["base", "vgcl"]
    assert "<dt>not evaluated yet</dt><dd>asr</dd>" in (OUT / "index.html").read_text()
