"""Speech recognition with CTC, as the trainer sees it."""

from dataclasses import dataclass
from functools import cached_property

import jiwer
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import ctc_loss

from stages.acoustic.alphabet import BLANK, as_labels, as_text
from stages.acoustic.mfcc import mfcc
from stages.acoustic.network import AcousticNetwork
from stages.acoustic.noise import Noise
from stages.acoustic.utterances import Utterances
from stages.common.loading import pad
from stages.common.params import Params
from stages.training.loop import Validation
from stages.training.precision import autocast

# Lengths are filled up to a multiple of this: for each new one PyTorch prepares the LSTM anew.
_WHOLE = 16
# Characters with the spaces before and behind them, which jiwer leaves out otherwise.
_AS_IT_IS = jiwer.ReduceToListOfListOfChars()

Rows = Int[np.ndarray, " batch"]
Features = Float[np.ndarray, "_ features"]


@dataclass(frozen=True)
class Spelling:
    """Learn from `train`, under noise; after each epoch, how many characters are right on clean `dev`.

    The best class of each frame is read off there: neither a beam nor a language model helps.
    """

    train: Utterances
    dev: Utterances
    noise: Noise
    params: Params
    device: torch.device

    @cached_property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        return self.train.lengths

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        return np.arange(len(self.train))

    @cached_property
    def _dev_features(self) -> list[Features]:
        return [mfcc(self.dev.samples(row)) for row in range(len(self.dev))]

    def loss(self, model: AcousticNetwork, rows: Rows, step: int) -> dict[str, Tensor]:
        features = [mfcc(self.noise.over(self.train, int(row), step)) for row in rows]
        logits, frames = self._logits(model, features)
        return {"total": self._ctc(logits, frames, [self.train.texts[row] for row in rows]).mean()}

    def validate(self, model: AcousticNetwork) -> Validation:
        order = np.argsort([len(features) for features in self._dev_features], kind="stable")
        losses, references, hypotheses = [], [], []
        for first in range(0, len(order), self.params.acoustic.batch):
            rows = order[first : first + self.params.acoustic.batch]
            with autocast(self.device, self.params.machine.precision):
                logits, frames = self._logits(model, [self._dev_features[row] for row in rows])
            texts = [self.dev.texts[row] for row in rows]
            losses.append(self._ctc(logits, frames, texts))
            best = logits.argmax(dim=2).cpu().numpy()
            references += texts
            hypotheses += [as_text(classes[:n]) for classes, n in zip(best, frames.tolist(), strict=True)]
        characters = _percent(jiwer.process_characters(references, hypotheses, _AS_IT_IS, _AS_IT_IS))
        words = _percent(jiwer.process_words(references, hypotheses))
        loss = float(torch.cat(losses).mean())
        return Validation(100 - characters, {"dev_loss": loss, "dev_CER": characters, "dev_WER": words})

    def name_of(self, rows: Rows) -> str:
        return ", ".join(self.train.query_ids[row] for row in rows)

    def _logits(
        self, model: AcousticNetwork, features: list[Features]
    ) -> tuple[Float[Tensor, "batch frames classes"], Int[Tensor, " batch"]]:
        frames = torch.tensor([len(rows) for rows in features])
        values, _ = pad(features, int(frames.max()))
        values = np.pad(values, ((0, 0), (0, -values.shape[1] % _WHOLE), (0, 0)))
        return model(torch.from_numpy(values).to(self.device)), frames

    def _ctc(
        self, logits: Float[Tensor, "batch frames classes"], frames: Int[Tensor, " batch"], texts: list[str]
    ) -> Float[Tensor, " batch"]:
        """Nats per character."""
        labels = [torch.from_numpy(as_labels(text)) for text in texts]
        counts = torch.tensor([len(text) for text in labels])
        # In fp32: it adds up very small probabilities.
        likely = logits.float().log_softmax(dim=2).transpose(0, 1)
        targets = torch.cat(labels).to(likely.device)
        nats = ctc_loss(likely, targets, frames, counts, blank=BLANK, reduction="none")
        return nats / counts.to(likely.device)


def _percent(errors: jiwer.CharacterOutput | jiwer.WordOutput) -> float:
    """Errors per hundred characters or words of the references."""
    missed = errors.substitutions + errors.deletions
    return 100 * (missed + errors.insertions) / (missed + errors.hits)
