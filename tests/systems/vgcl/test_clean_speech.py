"""The clean spectrograms lie beside the noisy ones, frame by frame."""

import numpy as np
import torch

from stages.common.params import load_params
from stages.systems.vgcl.clean_speech import clean_speech
from stages.training.queries import read_splits
from tests.training.worlds import params, write_corpus


def test_they_are_as_long_as_the_mixed_ones_and_come_from_the_speech(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    write_corpus(tmp_path)
    params()
    train = read_splits(load_params(), "foretell", "train")["train"]
    clean = clean_speech(train.table, load_params().mels)
    assert [one.shape for one in clean] == [one.shape for one in train.steps]
    assert not any(np.allclose(one, other) for one, other in zip(clean, train.steps, strict=True))
