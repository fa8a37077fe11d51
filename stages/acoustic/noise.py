"""Noise over the training speech, drawn anew at each step."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from stages.acoustic.utterances import Utterances
from stages.common.params.acoustic import AcousticNoise
from stages.common.seeding import generator
from stages.common.shards import Shards
from stages.mix.shard import Job, Query, mix_query
from stages.mix.strength import Strength

# Which part of an utterance is covered, as of the queries.
_COVERAGE = (0.5, 1.0)


@dataclass(frozen=True)
class Noise:
    """Clips of the training folds, and how strong they are mixed in."""

    clips: list[str]
    bank: Shards
    params: AcousticNoise
    seed: int

    def over(self, utterances: Utterances, row: int, step: int) -> Int16[np.ndarray, " t"]:
        """An utterance as the network gets it at a step: clean, or mixed as the queries are."""
        drawn = f"{utterances.query_ids[row]} at step {step}"
        if generator(self.seed, "acoustic", drawn).random() >= self.params.share:
            return utterances.samples(row)
        strength = Strength("snr_db", *self.params.snr_db, "add", "acoustic.noise.snr_db")
        job = Job(
            self.seed,
            strength,
            _COVERAGE,
            {"train": self.clips},
            utterances.speech,
            self.bank,
            Path(),
            Path(),
        )
        return mix_query(job, Query(drawn, utterances.speech_ids[row], "train"))[0]
