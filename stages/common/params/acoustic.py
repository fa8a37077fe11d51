"""The keys of params.yaml that shape our own DeepSpeech model."""

from typing import Annotated

from pydantic import Field

from stages.common.params.base import Count, DecibelRange, Fraction, Section, Whole
from stages.common.params.networks import Dropout, Weight
from stages.common.params.training import Optimisation


class AcousticNoise(Section):
    """What the training speech is mixed with."""

    share: Fraction
    snr_db: DecibelRange


class LanguageModel(Section):
    """The language model, and its weights in decoding."""

    # The library is compiled for at most 6; its models begin at bigrams.
    order: Annotated[Whole, Field(ge=2, le=6)]
    alpha: Weight
    beta: float


class Acoustic(Optimisation):
    """The acoustic model, its training, and its language model."""

    hidden: Count
    dropout: Dropout
    noise: AcousticNoise
    beam_width: Count
    language: LanguageModel
