"""What an encoder has learned: linear probes of words and speakers on its contexts.

An untrained encoder does better than chance too, so its figures are the floor.
"""

from typing import Protocol, cast, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stages.common.words import split_words
from stages.networks.interface import Inputs
from stages.networks.masks import lengths
from stages.training.answers import device_of, in_order
from stages.training.model import Model
from stages.training.precision import autocast
from stages.training.queries import QueryData

# A word is probed if so many utterances have it, and not nearly all.
_IN_TRAIN, _IN_DEV, _MOST = 20, 5, 0.5
# The ridge of the probe, per utterance: features have deviation 1.
_RIDGE = 0.1


@runtime_checkable
class Listener(Protocol):
    """A pretraining network, as probes use it."""

    def contexts(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """The encoder's contexts of the speech alone, without the video."""


@torch.no_grad()
def probe(model: Model, train: QueryData, dev: QueryData, batch: int, precision: str) -> dict[str, float]:
    """Percent on dev: AUC of words, mean over words (50 is chance), and accuracy of speakers."""
    model.eval()
    known, unknown = (_features(model, data, batch, precision) for data in (train, dev))
    scale = known.std(axis=0) + 1e-6
    known, unknown = ((x - known.mean(axis=0)) / scale for x in (known, unknown))
    found = {}
    words = _words(train, dev)
    if words:
        present, wanted = (_has(data, words) for data in (train, dev))
        scores = _read(known, present.astype(np.float32), unknown)
        found["words_auc"] = 100 * float(
            np.mean([auc(s, w) for s, w in zip(scores.T, wanted.T, strict=True)])
        )
    speakers, of_train = np.unique(train.table["speaker"].to_numpy(str), return_inverse=True)
    if len(speakers) > 1:
        scores = _read(known, np.eye(len(speakers), dtype=np.float32)[of_train], unknown)
        right = speakers[scores.argmax(axis=1)] == dev.table["speaker"].to_numpy(str)
        found["speakers"] = 100 * float(right.mean())
    return {key: round(value, 2) for key, value in found.items()}


def auc(scores: Float[np.ndarray, " items"], wanted: Bool[np.ndarray, " items"]) -> float:
    """The chance that a wanted item has a higher score than another one; a tie counts half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # The mean rank of equal scores.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    positives = int(wanted.sum())
    above = ranks[wanted].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(scores) - positives)))


def _features(
    model: Model, data: QueryData, batch: int, precision: str
) -> Float[np.ndarray, "rows features"]:
    """Mean and maximum of the contexts of each utterance."""
    network, parts = cast(Listener, model.network), []
    for rows in in_order(len(data), batch):
        with autocast(device_of(model), precision):
            contexts, mask = network.contexts(model.scaled(data.batch(rows, device_of(model))))
        real, contexts = mask[..., None], contexts.float()
        mean = (contexts * real).sum(1) / lengths(mask).clamp(min=1)[:, None]
        highest = contexts.masked_fill(~real, -1.0).amax(1)
        parts.append(torch.cat([mean, highest], 1).cpu().numpy())
    return np.concatenate(parts)


def _words(train: QueryData, dev: QueryData) -> list[str]:
    """The words with enough examples."""
    counts = []
    for data in (train, dev):
        of_captions = data.table["caption"].map(lambda caption: sorted(set(split_words(caption))))
        counts.append(of_captions.explode().value_counts())
    in_train, in_dev = counts
    enough = {
        str(word)
        for word, count in in_train.items()
        if _IN_TRAIN <= count <= _MOST * len(train) and _IN_DEV <= in_dev.get(word, 0) <= len(dev) - _IN_DEV
    }
    return sorted(enough)


def _has(data: QueryData, words: list[str]) -> Bool[np.ndarray, "rows words"]:
    captions = [set(split_words(caption)) for caption in data.table["caption"]]
    return np.array([[word in one for word in words] for one in captions])


def _read(
    known: Float[np.ndarray, "rows features"],
    wanted: Float[np.ndarray, "rows targets"],
    unknown: Float[np.ndarray, "others features"],
) -> Float[np.ndarray, "others targets"]:
    """The predictions for `unknown` of a ridge regression of `wanted` on `known`."""
    gram = known.T @ known + _RIDGE * len(known) * np.eye(known.shape[1])
    return unknown @ np.linalg.solve(gram, known.T @ (wanted - wanted.mean(axis=0)))
