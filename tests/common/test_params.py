import copy
import difflib
import itertools
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from omegaconf import OmegaConf

from stages.common import registry
from stages.common.errors import ParamsError
from stages.common.params import load_params
from stages.common.params.load import RENAMED, known_keys, parse_params

ROOT = Path(__file__).parents[2]


@pytest.fixture
def content():
    return copy.deepcopy(OmegaConf.to_container(OmegaConf.load(ROOT / "params.yaml")))


def set_key(content, key, value):
    *path, last = key.split(".")
    for part in path:
        content = content[part]
    content[last] = value


def test_the_committed_params_are_valid():
    load_params(ROOT / "params.yaml")


# Said by the comment of the section, or by a name that is the words of the paper.
SELF_EXPLAINED = {"train", "dev", "test", "bands", "window_ms", "hop_ms", "demo", "network", "query"}


def test_every_key_is_explained():
    lines = (ROOT / "params.yaml").read_text().splitlines()
    for above, line in itertools.pairwise(["", *lines]):
        key = re.match(r" *(\w+):", line)
        if key and key[1] not in SELF_EXPLAINED:
            assert above.strip().startswith("#") or " # " in line, line


def test_dvc_s_overrides_keep_every_comment(tmp_path):
    # DVC drops comments that stand behind a list; twice, for the first time it only moves them.
    path = tmp_path / "params.yaml"
    before = (ROOT / "params.yaml").read_text()
    path.write_text(before)
    for override in ("seed=7", "noise.coverage=[0.2,0.3]", "noise.proportion=[0.7,0.9]", "seed=0"):
        apply_overrides(path.as_posix(), [override])
    after = path.read_text()
    assert re.findall("# .*", after) == re.findall("# .*", before)
    changed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert sorted(changed) == sorted(
        ["+   - 0.7", "+   - 0.9", "-   - 0.5", "-   - 1.0", "+   - 0.2", "+   - 0.3"]
    )


def test_a_method_may_be_trained_otherwise(content):
    set_key(content, "methods.base.ground", {"lr": 0.5})
    given = parse_params(content)
    assert given.of("base").ground == given.ground.model_copy(update={"lr": 0.5})
    assert given.of("cpc").ground == given.ground
    set_key(content, "methods.base.ground", {"rate": 0.5})
    with pytest.raises(
        ParamsError, match=r"methods.base.ground: unknown key `rate`; it may have epochs, batch"
    ):
        parse_params(content)
    set_key(content, "methods.base.ground", {})
    set_key(content, "methods.cpc.pretrain", {"epochs": 3})
    given = parse_params(content)
    assert given.of("cpc").pretrain == given.pretrain.model_copy(update={"epochs": 3})
    assert given.of("vgcl").pretrain == given.pretrain
    set_key(content, "methods.cpc.pretrain", {"epochs": 0})
    with pytest.raises(
        ParamsError, match=r"`methods.cpc.pretrain.epochs` is 0: .*greater than or equal to 1"
    ):
        parse_params(content)
    set_key(content, "methods.cpc.pretrain", {})
    set_key(content, "methods.base.ground", {"lr": -1})
    with pytest.raises(ParamsError, match=r"`methods.base.ground.lr` is -1"):
        parse_params(content)


def test_the_settings_of_a_row_are_those_of_all_rows_but_for_its_own(content):
    set_key(content, "methods.asr-noglove.nms", 0.25)
    given = parse_params(content)
    own = given.of("asr-noglove")
    assert own.text == given.text.model_copy(update={"embeddings": "learned"})
    assert own.ground.batch == 32 != given.ground.batch
    assert own.evaluate == given.evaluate.model_copy(update={"nms": 0.25})
    assert given.of("asr").text == given.text
    assert given.of("asr").evaluate == given.evaluate
    assert given.of("aligned").pretrain == given.pretrain.model_copy(
        update={"epochs": 5, "batch_by": "video", "select": "bound"}
    )
    # Whose effective settings they are changes nothing more.
    assert own.of("asr-noglove") == own
    changed = {"text", "ground", "evaluate"}
    assert own.model_dump(exclude=changed) == given.model_dump(exclude=changed)


def test_of_pretraining_a_row_may_have_otherwise_what_its_kind_uses(content):
    own = {"batch_by": "speaker", "batch": 8, "ahead": [3], "select": "last"}
    set_key(content, "methods.cpc.pretrain", own)
    assert parse_params(content).of("cpc").pretrain.ahead == [3]
    for key in ("codebook", "align", "rate"):
        set_key(content, "methods.cpc.pretrain", {key: 1})
        with pytest.raises(ParamsError) as refused:
            parse_params(content)
        assert str(refused.value) == (
            f"params.yaml: methods.cpc.pretrain: unknown key `{key}`; it may have epochs, batch, lr, warmup, "
            "schedule, weight_decay, clip, patience, batch_by, select, ahead, negatives, "
            "temperature, audio_steps"
        )


@pytest.mark.parametrize("old", RENAMED)
def test_a_key_of_an_earlier_version_is_refused_with_its_name_of_today(content, old):
    new = RENAMED[old]
    assert new in known_keys()
    assert old not in known_keys()
    set_key(content, old, OmegaConf.select(OmegaConf.create(content), new))
    says = f"params.yaml: `{old}` is called `{new}` now; move its value there"
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert str(refused.value) == says
    # As in the file of an earlier version, where the new key is missing.
    *path, last = new.split(".")
    section = content
    for part in path:
        section = section[part]
    del section[last]
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert str(refused.value) == says


def test_a_key_that_only_begins_like_an_earlier_one_is_no_earlier_one(content):
    set_key(content, "evaluate.suppressions", 0.5)
    with pytest.raises(ParamsError, match=r"unknown key `evaluate\.suppressions`; the nearest known key is"):
        parse_params(content)


@pytest.mark.parametrize(
    ("row", "changes", "says"),
    [
        ("base", {"encoder_rate": 1.0}, "encoder_rate is set, but the row has no pretraining; remove it"),
        ("base", {"encoder_rate": 0.0}, "encoder_rate is set, but the row has no pretraining; remove it"),
        ("base", {"pretrain": {"epochs": 3}}, "pretrain is set, but the row has no pretraining; remove it"),
        (
            "base",
            {"text": {"embeddings": "learned"}},
            "text is set, but the row is asked with speech and reads nothing; remove it",
        ),
        ("text", {"encoder_rate": 0.5}, "encoder_rate is set, but the row has no pretraining; remove it"),
        ("text", {"pretraining": "cpc"}, "pretraining: cpc is of speech, and the query is captions"),
        (
            "base",
            {"pretraining": "bert"},
            "pretraining: there is no 'bert'; stages/systems has none, aligned, cpc, foretell, vgcl, vqcpc",
        ),
        ("vgcl", {"query": "captions"}, "query: captions, but guided takes speech"),
        (
            "vgcl",
            {"pretraining": "cpc"},
            "network: guided takes the weights of pretraining: foretell, vgcl or none, which is cpc",
        ),
        ("base", {"supervision": "weak"}, "supervision: weak, but base learns from full"),
        ("vslnet", {"supervision": "zero-shot"}, "supervision: zero-shot, but vslnet learns from full"),
    ],
)
def test_what_a_row_can_not_use_is_refused(content, row, changes, says):
    content["methods"][row] |= changes
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert str(refused.value) == f"params.yaml: `methods.{row}`: {says}"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("methods.base.supervision", "some", "allowed: 'full', 'weak' or 'zero-shot'"),
        ("methods.base.nms", 1.5, "allowed: less than or equal to 1"),
        ("methods.base.nms", "0.5", "allowed: a valid number"),
        ("ground.select", "best", "allowed: 'last', 'loss' or 'mIoU'"),
    ],
)
def test_the_keys_of_supervision_have_few_values(content, key, value, says):
    set_key(content, key, value)
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert str(refused.value) == f"params.yaml: `{key}` is {value!r}; {says}"


@pytest.fixture
def weaker(monkeypatch):
    """Networks that learn from less than the moments."""
    known = registry.networks()
    less = {
        supervision: replace(known["base"], supervision=supervision) for supervision in ("weak", "zero-shot")
    }
    monkeypatch.setattr(
        registry, "networks", lambda: {**known, "pairs": less["weak"], "alone": less["zero-shot"]}
    )


@pytest.mark.usefixtures("weaker")
@pytest.mark.parametrize(("network", "supervision"), [("pairs", "weak"), ("alone", "zero-shot")])
def test_what_may_not_see_moments_does_not_choose_its_epoch_by_them(content, network, supervision):
    row = {"network": network, "query": "captions", "supervision": supervision}
    content["methods"]["mine"] = row
    says = (
        "params.yaml: methods.mine.ground.select: mIoU is measured with the moments, which a row of "
        f"supervision {supervision} may not see; set it to last or loss in the row's block"
    )
    for own in ({}, {"ground": {"select": "mIoU"}}):
        content["methods"]["mine"] = row | own
        with pytest.raises(ParamsError) as refused:
            parse_params(content)
        assert str(refused.value) == says
    for select in ("last", "loss"):
        content["methods"]["mine"] = row | {"ground": {"select": select}}
        assert parse_params(content).of("mine").ground.select == select
    content["methods"]["mine"] = row
    set_key(content, "ground.select", "last")
    assert parse_params(content).of("mine").ground.select == "last"


@pytest.mark.usefixtures("weaker")
@pytest.mark.parametrize(
    ("network", "supervision", "kind", "needs"),
    [
        ("pairs", "weak", "vgcl", "full"),
        ("pairs", "weak", "aligned", "full"),
        ("alone", "zero-shot", "cpc", "weak"),
        ("pairs", "weak", "cpc", None),
    ],
)
def test_pretraining_sees_no_more_than_its_row_may(content, network, supervision, kind, needs):
    content["methods"]["mine"] = {
        "network": network, "query": "speech", "supervision": supervision, "pretraining": kind,
        "ground": {"select": "last"},
    }  # fmt: skip
    if needs is None:
        assert parse_params(content).methods["mine"].pretraining == kind
        return
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert str(refused.value) == (
        f"params.yaml: `methods.mine`: pretraining: {kind} needs {needs} supervision, not {supervision}"
    )


def test_a_row_says_what_it_learns_from(content):
    given = parse_params(content)
    assert {method.supervision for method in given.methods.values()} == {"full"}
    set_key(content, "methods.base.supervision", "full")
    assert parse_params(content).methods["base"] == given.methods["base"]


def test_c3d_is_made_for_clips_of_16(content):
    set_key(content, "corpus.features", "c3d")
    set_key(content, "corpus.features_checkpoint", "/data/c3d.pickle")
    parse_params(content)
    set_key(content, "corpus.clips.frames", 64)
    with pytest.raises(ParamsError, match=r"clips.frames: 64, but c3d is made for clips of 16 pictures"):
        parse_params(content)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            "methods.base.querry",
            "speech",
            "unknown key `methods.base.querry`; the nearest known key is `methods.base.query`",
        ),
        ("noise.levle", "large", "unknown key `noise.levle`; the nearest known key is `noise.level`"),
        ("curriculm", 5, "unknown key `curriculm`"),
        ("noise.level", "lound", "`noise.level` is 'lound'; allowed: 'clean', 'normal' or 'large'"),
        ("noise.proportion", [0.7, 1.9], "noise.proportion"),
        ("noise.proportion", [0.7], "found [0.7], expected a list of two numbers"),
        ("noise.proportion", 0.7, "found 0.7, expected a list of two numbers"),
        ("noise.snr_db", [float("nan"), 3.0], "noise.snr_db"),
        ("noise", 5, "`noise` is 5; allowed: the keys of this section"),
        ("noise.sha256", 12, "in quotes"),
        ("mels.hop_ms", 0.01, "mels.hop_ms"),
        ("noise.proportion", [0.9, 0.7], "the first number must not be above the second"),
        ("seed", "zero", "`seed` is 'zero'"),
        ("seed", True, "`seed` is True"),
        ("seed", 1.5, "`seed` is 1.5"),
        ("corpus.strict", "yes", "`corpus.strict` is 'yes'"),
        ("corpus.root", "data/anet", "must be an absolute path"),
        ("corpus.name", "charades", "root: null"),
        ("corpus.features", "clip", "features_checkpoint: null, but no package carries clip's weights"),
        ("corpus.features_checkpoint", "a.pt", "'a.pt' must be an absolute path"),
        ("corpus.clips.stride", 17, "stride: 17 is above frames, 16"),
        ("corpus.clips.frames", 8, "`corpus.clips.frames` is 8"),
        ("noise.esc50", "ESC-50-master", "'ESC-50-master' must be an absolute path (queued experiments"),
        ("noise.esc50", "~/ESC-50", "must be an absolute path"),
        ("noise.esc50", "data/../data/esc50x", "must be an absolute path"),
        ("noise.esc50", "https://example.org/ESC-50.zip", "so sha256 must be set"),
        ("noise.folds.test", [1], "a fold stands in two splits"),
        ("mels.bands", 0, "`mels.bands` is 0"),
        ("corpus.demo.seconds", [5, 20], "corpus.demo.seconds"),
    ],
)
def test_what_is_refused_and_how(content, key, value, words):
    set_key(content, key, value)
    with pytest.raises(ParamsError) as raised:
        parse_params(content)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_key_is_named(content):
    del content["mels"]["bands"]
    with pytest.raises(ParamsError, match=r"key `mels\.bands` is missing"):
        parse_params(content)


def test_both_ways_to_say_the_loudness_are_refused(content):
    content["noise"] |= {"proportion": [0.5, 0.7], "snr_db": [0, 5]}
    with pytest.raises(ParamsError, match="proportion and snr_db are both set"):
        parse_params(content)


def test_overrides_as_dvc_writes_them(content):
    set_key(content, "seed", 1000.0)  # -S seed=1e3
    set_key(content, "noise.snr_db", [0, 5])
    params = parse_params(content)
    assert params.seed == 1000
    assert isinstance(params.seed, int)
    assert params.noise.snr_db == (0, 5)


def test_a_small_float_stays_a_number(tmp_path):
    # DVC writes 1e-05, which PyYAML reads as a text.
    text = (ROOT / "params.yaml").read_text().replace("dev_fraction: 0.1", "dev_fraction: 1e-05")
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert load_params(path).corpus.dev_fraction == 1e-5


def test_known_keys_reach_the_leaves():
    assert {"seed", "noise.folds.train", "corpus.demo.videos"} <= set(known_keys())


def test_a_stage_ends_with_one_line_and_code_2(tmp_path):
    (tmp_path / "params.yaml").write_text("seed: 0\nnois: 1\n")
    run = subprocess.run(
        [sys.executable, "-m", "stages.mels"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("error: params.yaml: ")
    assert run.stderr.count("\n") == 1


@pytest.mark.fault("a method or a network whose name leads out of its folder", lost="nothing: refused")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("methods", {"../../evil": {"network": "base", "query": "speech"}}),
        ("methods", {"/evil": {"network": "base", "query": "speech"}}),
        ("methods", {"base\n": {"network": "base", "query": "speech"}}),
        ("methods", {"": {"network": "base", "query": "speech"}}),
        ("methods.base.network", "../evil"),
        ("methods.base.network", "os.path"),
        ("methods.base.network", "__init__"),
        ("corpus.root", "../elsewhere"),
        ("corpus.videos_folder", "elsewhere"),
        ("noise.esc50", "../ESC-50"),
        ("text.glove", "glove.txt"),
        ("asr.model", "~/model.pbmm"),
    ],
)
def test_no_name_leads_out_of_its_folder(content, key, value):
    content["compare"] = list(value) if key == "methods" else content["compare"]
    set_key(content, key, value)
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("compare", ["base", "vgcl", "base"], "names a method twice"),
        (
            "methods.base.network",
            "bass",
            "there is no 'bass'; stages/systems has base, guided, vslbase, vslnet",
        ),
        ("methods.blind", {"network": "base", "query": "speech"}, "methods.blind: .*choose another name"),
        ("networks.guide.heads", 3, r"`networks`: guide.heads: 3 do not divide speech.width, 128"),
        ("curriculum.stop", 12, "stop: 12 is no stage from start = 0 to kappa = 10"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(content, key, value, message):
    set_key(content, key, value)
    with pytest.raises(ParamsError, match=message):
        parse_params(content)
