"""Each key that speaks of the paper has its value, stands in paper.yaml, or differs on purpose."""

import re

import pytest
from dvc.utils.hydra import apply_overrides
from omegaconf import OmegaConf

from stages.common.params import load_params
from stages.common.params.load import PAPER, overrides_of, read_choices
from tests.paths import ROOT

CONFIG = ROOT / "params.yaml"
# Keys that have the paper's own value, or its code's.
AS_THE_PAPER = {
    "corpus.speech": "recorded",
    "corpus.features": "arrays",
    "corpus.test_annotations": "val_2",
    "mels.bands": 128,
    "mels.window_ms": 25,
    "mels.hop_ms": 10,
    "video.frames": 64,
    "video.dropout": 0,
    "audio.augment.speed": 0,
    "audio.augment.warp": 0,
    "audio.augment.longest_time_mask": 0,
    "audio.augment.widest_band_mask": 0,
    "text.embeddings": "glove",
    "networks.base.dropout": 0.1,
    "networks.base.layers": 2,
    "networks.base.heads": 4,
    "networks.base.positions": False,
    "networks.base.similarity": "additive",
    "pretrain.batch": 64,
    "pretrain.lr": 0.001,
    "pretrain.clip": 5,
    "pretrain.temperature": 1,
    "pretrain.ahead": [1, 2, 3],
    "networks.guide.heads": 4,
    "networks.guide.dropout": 0.1,
    "curriculum.kappa": 10,
    "curriculum.pacing": "linear",
    "curriculum.start": 0,
    "curriculum.enabled": True,
    "curriculum.random": True,
    "networks.guide.entire_video": True,
    "networks.guide.self_attention": True,
    "ground.batch": 64,
    "pretrain.select": "last",
    "ground.clip": 5,
}
# Keys that differ on purpose and are not in paper.yaml: the paper's value, and why.
OTHERWISE = {
    "corpus.name": ("activitynet", "the demo needs no download"),
    "corpus.dev_fraction": (0, "whatever is chosen is chosen on dev, so there must be one"),
    "pretrain.codebook.codes": (512, "that of VQ-CPC; the paper does not say its own"),
    "pretrain.codebook.decay": (0.999, "that of VQ-CPC; the paper does not say its own"),
}
# How each row is trained under paper.yaml: 200 and 49 epochs, with no early end.
GROUND = {
    "epochs": 49, "batch": 64, "batch_by": "none", "lr": 0.001, "warmup": 800, "schedule": "inverse-sqrt",
    "weight_decay": 0.00001, "clip": 5, "patience": 49, "select": "mIoU",
}  # fmt: skip
PRETRAIN = {
    "epochs": 200, "batch": 64, "batch_by": "none", "lr": 0.001, "warmup": 800, "schedule": "inverse-sqrt",
    "weight_decay": 0.00001, "clip": 5, "patience": 200, "select": "last", "ahead": [1, 2, 3],
    "negatives": "batch", "temperature": 1, "audio_steps": 256,
}  # fmt: skip
OWN = {
    "base-longer": ({"epochs": 107}, {}),
    "aligned": ({}, {"batch_by": "video"}),
    "foretell": ({}, {"batch_by": "speaker", "ahead": [3]}),
}
# Keys whose comments speak of the paper, which has no one value for them.
NO_VALUE = {
    "noise.level": "it has several",
    "noise.mode": "words, no formula",
    "noise.coverage": "a random part",
    "mels.scale": "not said",
    "networks.speech.normalise": "not said",
    "methods.cpc.encoder_rate": "not said",
    "compare": "each of its tables has other methods",
}


def comments():
    """What stands above and behind each key."""
    found, path, above = {}, [], []
    for line in CONFIG.read_text().splitlines():
        if key := re.match(r"( *)([\w-]+):([^#]*)(#.*)?$", line):
            path = [*path[: len(key[1]) // 2], key[2]]
            found[".".join(path)] = " ".join([*above, key[4] or ""])
        above = [*above, line] if line.strip().startswith("#") else []
    return found


def leaves(content, prefix=""):
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


@pytest.fixture
def default():
    return OmegaConf.create(load_params(CONFIG).model_dump())


def test_comments_are_found_of_every_key():
    written = set(leaves(OmegaConf.to_container(OmegaConf.load(CONFIG))))
    assert written <= set(comments())


def test_of_each_key_that_speaks_of_the_paper_it_is_known_where_its_value_stands(default):
    written = set(leaves(OmegaConf.to_container(OmegaConf.load(CONFIG))))
    known = [*read_choices(PAPER), *AS_THE_PAPER, *OTHERWISE, *NO_VALUE]
    assert len(known) == len(set(known))
    assert set(known) <= written
    speaking = {key for key, text in comments().items() if re.search(r"[Pp]aper|Table \d|VQ-CPC", text)}
    assert sorted(speaking & written - set(known)) == []
    # So that a key can't be left out of paper.yaml unseen. These alone do not say what the paper has.
    unsaid = {key for key in set(read_choices(PAPER)) - speaking if not key.startswith("methods.")}
    assert unsaid == {"ground.epochs", "ground.patience", "pretrain.patience"}
    for key, value in AS_THE_PAPER.items():
        assert OmegaConf.select(default, key) == value, key
    for key, (value, _) in OTHERWISE.items():
        assert OmegaConf.select(default, key) != value, key


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(CONFIG.read_text())
    apply_overrides(path.as_posix(), overrides_of("paper"))
    return load_params(path)


def test_the_papers_choices_fit_params_yaml_and_differ_from_it(paper, default):
    written = OmegaConf.create(paper.model_dump())
    for key, value in read_choices(PAPER).items():
        assert OmegaConf.select(written, key) == value
        assert OmegaConf.select(default, key) != value, key


@pytest.mark.parametrize("name", load_params(CONFIG).methods)
def test_under_the_papers_choices_no_row_keeps_what_the_demo_gave_it(paper, name):
    given = paper.of(name)
    ground, pretrain = OWN.get(name, ({}, {}))
    assert given.ground.model_dump() == {**GROUND, **ground}
    if given.methods[name].pretraining != "none":
        found = given.pretrain.model_dump(exclude={"codebook", "align", "foretell"})
        assert found == {**PRETRAIN, **pretrain}
