import copy
import difflib
import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from omegaconf import OmegaConf

from stages.common.errors import ParamsError
from stages.common.params import load_params
from stages.common.params.load import known_keys, parse_params

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
    assert given.ground_of("base") == given.ground.model_copy(update={"lr": 0.5})
    assert given.ground_of("vslnet") == given.ground
    set_key(content, "methods.base.ground", {"rate": 0.5})
    with pytest.raises(
        ParamsError, match=r"methods.base.ground: unknown key `rate`; it may have epochs, batch"
    ):
        parse_params(content)
    set_key(content, "methods.base.ground", {})
    set_key(content, "methods.cpc.pretrain", {"epochs": 3})
    given = parse_params(content)
    assert given.pretrain_of("cpc") == given.pretrain.model_copy(update={"epochs": 3})
    assert given.pretrain_of("vgcl") == given.pretrain
    set_key(content, "methods.cpc.pretrain", {"epochs": 0})
    with pytest.raises(
        ParamsError, match=r"`methods.cpc.pretrain.epochs` is 0: .*greater than or equal to 1"
    ):
        parse_params(content)
    set_key(content, "methods.cpc.pretrain", {})
    set_key(content, "methods.base.ground", {"lr": -1})
    with pytest.raises(ParamsError, match=r"`methods.base.ground.lr` is -1"):
        parse_params(content)


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
        ("pretrain.guide.heads", 3, r"pretrain.guide.heads: 3 do not divide networks.speech.width, 128"),
        ("curriculum.stop", 12, "stop: 12 is no stage from start = 0 to kappa = 10"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(content, key, value, message):
    set_key(content, key, value)
    with pytest.raises(ParamsError, match=message):
        parse_params(content)
