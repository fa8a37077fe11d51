"""A small corpus and a small ESC-50 to mix, in the folder the test runs in."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from stages.common.artifacts import write_table
from stages.common.params import Params, load_params
from stages.common.params.load import parse_params
from stages.common.shards import Shards, partition, shard_path, write_manifest, write_shard
from stages.corpus.queries import Query, as_table

CORPUS = Path("data/corpus")
SPLITS = ["train", "train", "dev", "test"]


def params(**noise: object) -> Params:
    """The repository's params.yaml, with other keys of `noise`."""
    content = load_params(Path(__file__).parents[2] / "params.yaml").model_dump()
    content["noise"] |= noise
    return parse_params(content)


def utterance(name: str, samples: int = 3000) -> np.ndarray:
    """Hiss in syllables, different for every name; int16."""
    rng = np.random.default_rng(list(name.encode()))
    syllables = np.abs(np.sin(np.arange(samples) * 30 / 16_000)) + 0.1
    return (3000 * syllables * rng.standard_normal(samples)).astype(np.int16)


def write_corpus(queries: int, speech: Callable[[str], np.ndarray] = utterance, order: int = 1) -> None:
    """The table and the speech of queries q000, q001 …; `order` -1 lists them from the last."""
    names = [f"{number:03d}" for number in range(queries)]
    rows = [
        Query(f"q{name}", f"v{name}", SPLITS[int(name) % 4], 60.0, 1.0, 9.0, "words", "anna", f"s{name}")
        for name in names
    ]
    write_table(CORPUS / "queries.parquet", as_table(rows[::order]))
    parts = partition([f"s{name}" for name in names])
    for number, part in enumerate(parts):
        write_shard(shard_path(CORPUS / "speech", number), ((name, speech(name)) for name in part), "int16")
    write_manifest(CORPUS / "speech", len(parts))


def write_esc50(folder: Path, clips: dict[str, np.ndarray] | None = None, rate: int = 44_100) -> Path:
    """ESC-50 with the given clips, or two per fold: mono at 44.1 kHz and stereo at 8 kHz."""
    (folder / "audio").mkdir(parents=True)
    (folder / "meta").mkdir()
    names = []
    for fold in range(1, 6):
        for take, clip_rate, channels in (("A", 44_100, 1), ("B", 8_000, 2)):
            names.append(f"{fold}-1000-{take}-16.wav")
            hiss = np.random.default_rng([fold, channels]).uniform(-0.3, 0.3, (clip_rate // 3, channels))
            soundfile.write(folder / "audio" / names[-1], hiss, clip_rate)
    for name, samples in (clips or {}).items():
        names.append(name)
        soundfile.write(folder / "audio" / name, samples, rate)
    rows = [f"{name},{name[0]},16,wind,False,1000,{name[7]}" for name in names]
    table = "\n".join(["filename,fold,target,category,esc10,src_file,take", *rows])
    (folder / "meta" / "esc50.csv").write_text(table + "\n")
    return folder


def mixed(query: str) -> np.ndarray:
    """What data/mixed holds for a query; int16."""
    return Shards(Path("data/mixed"), "mix")[query]
