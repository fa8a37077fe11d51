"""A corpus in which every character is a tone, and an ESC-50 for it, in the folder the test runs in."""

from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from stages.common.artifacts import write_table
from stages.common.params.load import parse_params
from stages.common.shards import partition, shard_path, write_manifest, write_shard
from stages.corpus.queries import Query, as_table
from tests.mix.noise_world import write_esc50
from tests.paths import ROOT

WORDS = ["bad", "cab", "dab", "ace", "bee", "dad", "ad", "be"]
# Samples of a character: two frames.
LONG = 640
TINY = {
    "acoustic": {"hidden": 16, "epochs": 2, "batch": 4, "warmup": 2, "dropout": 0.1},
    "machine": {"precision": "fp32", "device": "cpu", "processes": 1, "threads": 1},
}


def params(**changes):
    """The committed params, made tiny; saved as params.yaml of the current folder."""
    assert Path.cwd() != ROOT, "this would overwrite the project's own params.yaml"
    noise = {"noise": {"esc50": str(Path("esc50").absolute())}}
    content = OmegaConf.merge(OmegaConf.load(ROOT / "params.yaml"), TINY, noise, changes)
    OmegaConf.save(content, "params.yaml")
    return parse_params(OmegaConf.to_container(content))


def spoken(text, rng):
    """Each letter a tone of its own, each space a silence; int16."""
    time = np.arange(LONG)
    tones = [0 * time if c == " " else np.sin(time * (ord(c) - 94) * 0.12 + rng.uniform(0, 6)) for c in text]
    samples = np.concatenate(tones) * rng.uniform(3000, 9000)
    return (samples + 30 * rng.standard_normal(len(samples))).astype(np.int16)


def write_corpus(train, dev=4, test=4, garbled=()):
    """Captions of two words; of the `garbled` splits other ones, and hiss for speech."""
    rows, speech = [], {}
    for split, count in (("train", train), ("dev", dev), ("test", test)):
        for number in range(count):
            rng = np.random.default_rng([number, len(split)])
            name = f"{number:03d}-{split}"
            caption = " ".join(rng.choice(WORDS, 2)).capitalize() + "."
            samples = spoken(caption[:-1].lower(), rng)
            if split in garbled:
                caption, samples = "zoo", (9000 * rng.standard_normal(9000)).astype(np.int16)
            rows.append(Query(name, f"v{name}", split, 60.0, 1.0, 9.0, caption, "anna", name))
            speech[name] = samples
    write_table(Path("data/corpus/queries.parquet"), as_table(sorted(rows, key=lambda row: row.query_id)))
    folder = Path("data/corpus/speech")
    parts = partition(sorted(speech))
    for number, part in enumerate(parts):
        write_shard(shard_path(folder, number), ((name, speech[name]) for name in part), "int16")
    write_manifest(folder, len(parts))
    if not Path("esc50").exists():
        write_esc50(Path("esc50"))
