"""Every reader of files that others have made or a disk may damage: a whole file, and how it is read."""

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import soundfile
import torch
import yaml

from stages.common.artifacts import read_json, read_table, write_json, write_table
from stages.common.audio import read_audio
from stages.common.building import build_shards
from stages.common.inputs import check_inputs
from stages.common.params import load_params
from stages.common.params.asr import Asr
from stages.common.shards import Shards
from stages.corpus.activitynet import ActivityNet
from stages.corpus.arrays import Arrays
from stages.corpus.charades import Charades
from stages.corpus.own import Own
from stages.corpus.video_files import duration_of, pictures
from stages.mix.archive import unpack
from stages.mix.esc50 import read_esc50
from stages.training import checkpoints
from stages.transcripts.engines.wav2vec2 import Engine as Wav2Vec2
from stages.words.glove import read_text_file
from tests.paths import ROOT


@dataclass(frozen=True)
class Reader:
    """`make` writes a whole file of this name, and what lies beside it; `read` reads it."""

    file: str
    make: Callable[[Path], None]
    read: Callable[[Path], object]


@cache
def _params():
    return load_params(ROOT / "params.yaml")


def _corpus(**changes):
    return _params().corpus.model_copy(update=changes)


def _same(items):
    return np.asarray(items)


def _wav(path, kind="PCM_16"):
    soundfile.write(path, np.sin(np.arange(4000) / 9) / 2, 44_100, kind)


def _zip(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ESC-50-master/meta/esc50.csv", _TABLE)
        for name in ("1-1-A-1.wav", "2-1-A-1.wav"):
            sound = io.BytesIO()
            soundfile.write(sound, np.zeros(500), 44_100, format="WAV")
            file.writestr(f"ESC-50-master/audio/{name}", sound.getvalue())


_TABLE = "filename,fold,target,category\n1-1-A-1.wav,1,1,dog\n2-1-A-1.wav,2,1,dog\n"


def _unpack(path):
    into = path.with_name("unpacked")
    shutil.rmtree(into, ignore_errors=True)
    unpack(path, into)
    return read_esc50(into)


def _esc50_folder(path):
    (path.parent / "audio").mkdir(exist_ok=True)
    (path.parent / "meta").mkdir(exist_ok=True)
    for name in ("1-1-A-1.wav", "2-1-A-1.wav"):
        _wav(path.parent / "audio" / name)
    path.write_text(_TABLE)


def _esc50_table(path):
    shutil.copy(path, path.parent / "meta/esc50.csv")
    return read_esc50(path.parent).clips("train", [1, 2])


_CAPTIONS = {
    f"v_{n}": {"duration": 30.5, "timestamps": [[0, 9.5], [3, 30]], "sentences": ["A.", "B"]}
    for n in range(3)
}
_ROWS = [["v_1", 30.5, [1.5, 9], "A man.", "1_train_1.wav"], ["v_2", 20, [0, 9], "B."]]


def _activitynet(content):
    def make(path):
        for name in ("train.json", "val_2.json"):
            (path.parent / name).write_text(json.dumps(content))
        path.write_text(json.dumps(content))

    return make


def _read_activitynet(path):
    shutil.copy(path, path.parent / "train.json")
    return ActivityNet(_corpus(name="activitynet", root=str(path.parent))).queries()


def _charades(path):
    (path.parent / "charades.json").write_text(
        json.dumps({"AO8RW": {"duration": 33.67}, "Y6R7T": {"duration": 9}})
    )
    path.write_text("AO8RW 0.0 6.9##opens##1 door.\nY6R7T 2.8 3.0##person plays.\n")
    shutil.copy(path, path.parent / "charades_sta_test.txt")


def _read_charades(path):
    if path.suffix == ".json":
        shutil.copy(path, path.parent / "charades.json")
    return Charades(_corpus(name="charades", root=str(path.parent))).queries()


def _charades_lengths(path):
    _charades(path.parent / "charades_sta_train.txt")
    shutil.copy(path.parent / "charades.json", path)


_OWN = "video,start,end,caption,split,duration,speech,speaker\n" + "".join(
    f'k/{n},1.5,{n + 7},"A man, who waves.",{split},63.2,a.wav,anna\n'
    for n, split in enumerate(["train", "test", "dev"])
)
_OWN_LINES = "".join(
    json.dumps({"video": f"v{n}", "start": 1, "end": 2.5, "caption": "A.", "duration": 9, "speech": "a.wav"})
    + "\n"
    for n in range(4)
)


def _read_own(path):
    root = path.parent / "own"
    (root / "speech").mkdir(parents=True, exist_ok=True)
    shutil.copy(path, root / f"queries{path.suffix}")
    return Own(_corpus(name="own", root=str(root)), 0).queries()


def _hdf5(path):
    with h5py.File(path, "w") as file:
        file["v_x/c3d_features"] = np.arange(600, dtype=np.float32).reshape(-1, 6)
        file.create_dataset("v_y", data=np.ones((50, 6), np.float32), compression="gzip", chunks=(10, 6))


def _read_hdf5(path):
    arrays = Arrays(path)
    return [arrays[name] for name in ("v_x", "v_y")]


def _shards(path):
    os.environ["SVG_WORKERS"] = "1"
    rng = np.random.default_rng(0)
    items = {f"q{n}": rng.normal(size=(5, 3)) for n in range(60)}
    build_shards(path.parent / "shards", items, _same, "float32", "clip")
    shutil.copy(path.parent / "shards" / _of_shards(path), path)


def _of_shards(path):
    return "shard-00000.h5" if path.suffix == ".h5" else "manifest.json"


def _read_shards(path):
    shutil.copy(path, path.parent / "shards" / _of_shards(path))
    shards = Shards(path.parent / "shards", "mels")
    return [shards[name].sum() for name in shards.ids()]


def _state(path):
    checkpoints.save_state(
        path.parent, {"a": torch.ones(50), "b": torch.zeros(3, dtype=torch.int64)}, {"step": 1}
    )


def _read_state(path):
    found = checkpoints.load_state(path.parent)
    assert found is not None
    # A damaged one is never taken for whole.
    assert found[2] == {"step": 1}
    assert torch.equal(found[1]["a"], torch.ones(50))


def _glove(path):
    path.write_text(
        "".join(f"{word} {n}.5 -0.25 1e-3\n" for n, word in enumerate(["the", "red", "ball", "é"]))
    )


def _lock(path):
    (path.parent / "out").write_text("a")
    (path.parent / "dvc.yaml").write_text("stages: {corpus: {}, ground: {matrix: {}}}")
    entry = {"path": "out", "md5": "0cc175b9c0f1b6a831c399e269772661"}
    path.write_text(
        yaml.safe_dump({"stages": {"corpus": {"outs": [entry]}, "ground@base": {"deps": [entry]}}})
    )


def _read_lock(path):
    here = Path.cwd()
    os.chdir(path.parent)
    os.environ["DVC_STAGE"] = "ground@base"
    try:
        check_inputs()
    finally:
        os.chdir(here)
        del os.environ["DVC_STAGE"]


def _video(path):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for k in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), k, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _read_video(path):
    duration = duration_of(path)
    # A header may promise days; a stage would write as many pictures as it is told.
    return duration, sum(1 for _, _ in zip(pictures(path), range(1000), strict=False))


def _wav2vec2(path):
    torch.save({"encoder.transformer.layer_norm.weight": torch.ones(768)}, path)


def _read_wav2vec2(path):
    asr = _params().asr.model_dump() | {"engine": "wav2vec2", "model": str(path)}
    Wav2Vec2(Asr.model_validate(asr)).check()


READERS = {
    "wav": Reader("a.wav", _wav, read_audio),
    "wav-float": Reader("a.wav", lambda path: _wav(path, "FLOAT"), read_audio),
    "flac": Reader("a.flac", _wav, read_audio),
    "esc50-zip": Reader("esc50.zip", _zip, _unpack),
    "esc50-table": Reader("esc50.csv", _esc50_folder, _esc50_table),
    "activitynet-captions": Reader("a.json", _activitynet(_CAPTIONS), _read_activitynet),
    "activitynet-rows": Reader("a.json", _activitynet(_ROWS), _read_activitynet),
    "charades": Reader("charades_sta_train.txt", _charades, _read_charades),
    "charades-lengths": Reader("lengths.json", _charades_lengths, _read_charades),
    "own-csv": Reader("a.csv", lambda path: path.write_text(_OWN), _read_own),
    "own-jsonl": Reader("a.jsonl", lambda path: path.write_text(_OWN_LINES), _read_own),
    "hdf5": Reader("features.h5", _hdf5, _read_hdf5),
    "npy": Reader(
        "v_x.npy", lambda path: np.save(path, np.ones((9, 4), np.float32)),
        lambda path: Arrays(path.parent)["v_x"],
    ),
    "parquet": Reader(
        "a.parquet",
        lambda path: write_table(path, pd.DataFrame({"a": range(99), "b": ["x", None, "z"] * 33})),
        lambda path: read_table(path, "mix"),
    ),
    "json": Reader("a.json", lambda p: write_json(p, {"a": 1, "b": [1, {}]}), lambda p: read_json(p, "mix")),
    "shard": Reader("a.h5", _shards, _read_shards),
    "manifest": Reader("manifest.json", _shards, _read_shards),
    "checkpoint": Reader("last.safetensors", _state, _read_state),
    "weights": Reader("last.safetensors", _state, lambda path: checkpoints.load(path, "cure")),
    "glove": Reader("glove.txt", _glove, lambda path: read_text_file(path, ["red", "é", "ball"])),
    "params": Reader("params.yaml", lambda path: shutil.copy(ROOT / "params.yaml", path), load_params),
    "dvc-lock": Reader("dvc.lock", _lock, _read_lock),
    "video": Reader("a.mp4", _video, _read_video),
    "wav2vec2": Reader("a.pth", _wav2vec2, _read_wav2vec2),
}  # fmt: skip
