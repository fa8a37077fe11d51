"""The keys of params.yaml that shape the networks and their losses."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from stages.common.params.base import Count, Section, Whole, pair

Dropout = Annotated[float, Field(ge=0, lt=1)]
Stride = Annotated[Whole, Field(ge=1, le=8)]
Weight = Annotated[float, Field(ge=0)]


Strides = Annotated[tuple[Stride, Stride], BeforeValidator(pair)]


class SpeechEncoder(Section):
    """The audio encoder (VGCL §4.3), shared by all methods that listen."""

    normalise: Literal["utterance", "none"]
    width: Count
    strides: Strides
    projection: Annotated[Whole, Field(ge=0, le=4)]
    residual_strides: Strides


class BaseNetwork(Section):
    """The network of VGCL §4."""

    hidden: Annotated[Whole, Field(ge=2)]
    chunks: Count
    dropout: Dropout
    layers: Annotated[Whole, Field(ge=0)]
    heads: Count
    positions: bool
    similarity: Literal["additive", "trilinear", "dot"]
    labels: Literal["hard", "soft"]
    inside_weight: Weight

    @model_validator(mode="after")
    def _divides(self) -> "BaseNetwork":
        if self.hidden % (2 * self.chunks * self.heads):
            raise ValueError(
                f"hidden: {self.hidden} must be a multiple of 2 × chunks × heads "
                f"= {2 * self.chunks * self.heads}"
            )
        return self


class GuideNetwork(Section):
    """VGCL's attention from speech to video (eq. 8)."""

    layers: Count
    heads: Count
    dropout: Dropout
    entire_video: bool
    self_attention: bool
    mask: Literal["before", "after"]
    relu: bool
    norm: Literal["layer", "batch", "none"]


class VslNetwork(Section):
    """VSLBase and VSLNet (Zhang et al., ACL 2020)."""

    hidden: Annotated[Whole, Field(ge=2)]
    dropout: Dropout
    heads: Count
    longest: Count
    extension: Annotated[float, Field(ge=0, le=1)]
    highlight_weight: Weight

    @model_validator(mode="after")
    def _divides(self) -> "VslNetwork":
        if self.hidden % self.heads:
            raise ValueError(f"hidden: {self.hidden} must be a multiple of heads = {self.heads}")
        return self


class Networks(Section):
    """All networks, and the encoder they share."""

    speech: SpeechEncoder
    base: BaseNetwork
    guide: GuideNetwork
    vsl: VslNetwork

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "Networks":
        if self.speech.width % self.guide.heads:
            raise ValueError(
                f"guide.heads: {self.guide.heads} do not divide speech.width, {self.speech.width}"
            )
        return self
