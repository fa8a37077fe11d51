"""The keys of params.yaml that shape the pretraining of the audio encoder (VGCL §5)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.common.params.base import Count, Section, Whole
from stages.common.params.networks import Dropout, Weight
from stages.common.params.training import Training

Positive = Annotated[float, Field(gt=0)]


class Codebook(Section):
    """The quantiser of VQ-CPC, which VGCL names and does not describe."""

    codes: Annotated[Whole, Field(ge=2)]
    decay: Annotated[float, Field(ge=0, lt=1)]
    commitment: Weight


class Alignment(Section):
    """What matches speech with moments in `aligned`, which is not in the paper."""

    # Below 0.02 fp32 would not hold the exponentials.
    temperature: Annotated[float, Field(ge=0.02)]
    dropout: Dropout


class Foretelling(Section):
    """What `foretell` foretells, which is not in the paper."""

    target: Literal["rest", "step"]
    clean: bool
    mute: Dropout
    blind: Dropout

    @model_validator(mode="after")
    def _muted_are_not_blind(self) -> "Foretelling":
        if self.mute + self.blind > 1:
            raise ValueError(f"mute: {self.mute} and blind: {self.blind} are shares, together at most 1")
        return self


class Pretraining(Training):
    """What CPC, VQ-CPC and VGCL share, and what one of them has alone."""

    select: Literal["last", "bound"]
    ahead: Annotated[list[Count], Field(min_length=1)]
    negatives: Literal["batch", "sequence", "both"]
    temperature: Positive
    audio_steps: Annotated[Whole, Field(ge=2)]
    codebook: Codebook
    align: Alignment
    foretell: Foretelling

    @model_validator(mode="after")
    def _ahead_is_distinct(self) -> "Pretraining":
        if len(set(self.ahead)) < len(self.ahead):
            raise ValueError(f"ahead: {self.ahead} names a distance twice")
        if max(self.ahead) >= self.audio_steps:
            raise ValueError(
                f"ahead: {max(self.ahead)} steps can't be looked ahead in audio_steps = {self.audio_steps}"
            )
        return self


class Curriculum(Section):
    """How VGCL's window grows from the moment to the whole video, and the ablations of Table 3."""

    kappa: Count
    pacing: Literal["linear", "exponential", "logarithmic"]
    start: Annotated[Whole, Field(ge=0)]
    stop: Annotated[Whole, Field(ge=0)] | None
    enabled: bool
    random: bool

    @model_validator(mode="after")
    def _start_is_a_stage(self) -> "Curriculum":
        if self.start > self.kappa:
            raise ValueError(f"start: {self.start} is behind the last stage, kappa = {self.kappa}")
        if self.stop is not None and not self.start <= self.stop <= self.kappa:
            raise ValueError(
                f"stop: {self.stop} is no stage from start = {self.start} to kappa = {self.kappa}; "
                "null trains them all"
            )
        if self.stop is not None and not self.enabled:
            raise ValueError(
                f"stop: {self.stop} is a stage of a curriculum, and enabled is false; set it to null"
            )
        return self
