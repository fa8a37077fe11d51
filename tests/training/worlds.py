"""A tiny corpus in the pipeline's own files: a video shows which of two marks a query names, and when."""

from pathlib import Path

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from stages.common.artifacts import write_table
from stages.common.building import build_shards
from stages.common.params.load import parse_params
from stages.corpus.features import IMPORTED
from stages.corpus.queries import COLUMNS
from tests.paths import ROOT

TINY = {
    "video": {"frames": 8},
    "audio": {"frames": 64, "augment": {"warp": 0.02, "widest_band_mask": 4, "longest_time_mask": 4}},
    "networks": {
        "speech": {"width": 8},
        "base": {"hidden": 16, "heads": 2, "dropout": 0.1},
        "guide": {"heads": 2},
        "vsl": {"hidden": 16, "heads": 2},
    },
    "pretrain": {
        "epochs": 2,
        "batch": 4,
        "warmup": 2,
        "ahead": [1],
        "codebook": {"codes": 4},
    },
    "ground": {"epochs": 2, "batch": 4, "warmup": 2},
    "machine": {"precision": "fp32", "device": "cpu", "processes": 1, "threads": 1},
}


def params(**changes):
    """The committed params, made tiny; saved as params.yaml of the current folder."""
    assert Path.cwd() != ROOT, "this would overwrite the project's own params.yaml"
    content = OmegaConf.merge(OmegaConf.load(ROOT / "params.yaml"), TINY, changes)
    OmegaConf.save(content, "params.yaml")
    return parse_params(OmegaConf.to_container(content))


def name_of(split, number):
    """The id of a video."""
    return f"{split}-{number}"


def write_words(folder, method, query_ids, said):
    """What a method that reads is given; the words' vectors differ from word to word."""
    words = sorted(set().union(*said))
    vectors = [np.random.default_rng(list(word.encode())).normal(size=5).tolist() for word in words]
    write_table(
        folder / f"data/words/{method}/said.parquet", pd.DataFrame({"query_id": query_ids, "words": said})
    )
    write_table(
        folder / f"data/words/{method}/words.parquet",
        pd.DataFrame({"word": words, "count": 1, "in_train": True, "vector": vectors}),
    )


def write_corpus(folder, splits=None, seed=0):
    """Queries with their features, mels, words and recipe below `folder`/data; returns the table."""
    splits = splits or {"train": 12, "dev": 4, "test": 6}
    rng = np.random.default_rng(seed)
    rows, features, mels = [], {}, {}
    for split, count in splits.items():
        for number in range(count):
            video_id = name_of(split, number // 2)
            word = number % 2
            start = 2.0 if word else 10.0
            query_id = f"{video_id}-{word}"
            video = rng.normal(0, 0.1, (20, 6))
            video[2:8, 0] += 2
            video[10:16, 1] += 2
            features[video_id] = video
            mel = rng.normal(0, 0.1, (int(rng.integers(24, 70)), 128))
            mel[5:15, 40 * word : 40 * word + 30] += 3
            mels[query_id] = mel
            caption = f"the {'left' if word else 'right'} one"
            rows.append((query_id, video_id, split, 20.0, start, start + 6, caption, "ann", query_id))
    table = pd.DataFrame(
        rows, columns=COLUMNS
    ).sort_values("query_id", ignore_index=True)  # fmt: skip
    write_table(folder / "data/corpus/queries.parquet", table)
    build_shards(
        folder / "data/corpus/features", features, lambda array: array, "float16", "video", extractor=IMPORTED
    )
    build_shards(folder / "data/mels", mels, lambda array: array, "float16", "clip")
    # As long as the mels say: a frame every 160 samples.
    speech = {
        query_id: rng.integers(-999, 999, 160 * (len(mel) - 1)).astype(np.int16)
        for query_id, mel in mels.items()
    }
    build_shards(folder / "data/corpus/speech", speech, lambda array: array, "int16", "clip")
    write_words(folder, "text", table["query_id"], table["caption"].str.split())
    recipe = pd.DataFrame({"query_id": table["query_id"], "snr_db": 4.5})
    write_table(folder / "data/mixed/recipe.parquet", recipe)
    return table
