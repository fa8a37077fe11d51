"""The keys of params.yaml that shape the pretraining of the audio encoder (VGCL §5)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.common.params.base import Count, Section, Whole
from stages.common.params.networks import Dropout, Weight
from stages.common.params.training import Training

Positive = Annotated[float, Field(gt=0)]


class Codebook(Section):
    """The quantiser of VQ-CPC, which VGCL names and does not describe."""

    # How many codes. VQ-CPC (van Niekerk et al. 2020): 512.
    codes: Annotated[Whole, Field(ge=2)]
    # The share of a code's running mean that a step keeps. VQ-CPC: 0.999; van den Oord et al. 2017: 0.99.
    decay: Annotated[float, Field(ge=0, lt=1)]
    # Weight of the loss that draws latents to their codes. Both: 0.25.
    commitment: Weight


class Alignment(Section):
    """What matches speech with moments in `aligned`, which is ours."""

    # Cosines of sounds and frames are divided by it. Below 0.02 fp32 would not hold their exponentials.
    temperature: Annotated[float, Field(ge=0.02)]
    # Of the video's features and layers, and of the contexts that look for them.
    dropout: Dropout


class Pretraining(Training):
    """What CPC, VQ-CPC and VGCL share."""

    # How many latent steps ahead each prediction looks. Paper: K = 3, the next three: [1, 2, 3].
    ahead: Annotated[list[Count], Field(min_length=1)]
    # The negatives of a prediction: the same step of other utterances (batch, paper's code), other
    # steps of its own (sequence), or both. Paper: "random negative samples".
    negatives: Literal["batch", "sequence", "both"]
    # Scores are divided by it. Paper: eq. 6 has none, so 1.
    temperature: Positive
    # The most latent steps of an utterance in a batch. Paper: 256; 128 in Table 3.
    audio_steps: Annotated[Whole, Field(ge=2)]
    # Of VQ-CPC alone.
    codebook: Codebook
    # Of aligned alone.
    align: Alignment

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

    # κ: the window is the moment at stage 0, the whole video at stage κ. Paper: 10; 5 in Table 4.
    kappa: Count
    # Steps per stage: equal (linear), growing (exponential) or shrinking (logarithmic). Paper: linear.
    pacing: Literal["linear", "exponential", "logarithmic"]
    # The first stage that gets steps. Paper: 0.
    start: Annotated[Whole, Field(ge=0)]
    # The last stage that is trained, e.g. 3: what Figure 5 shows. None: all of them.
    stop: Annotated[Whole, Field(ge=0)] | None
    # false: the whole video from the first step on, "w/o CL".
    enabled: bool
    # Whether each side of the window moves by a random part γ of its way (eq. 7). false: "w/o random".
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
