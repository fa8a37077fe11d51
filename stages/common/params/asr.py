"""The keys of params.yaml that say how speech is turned into text."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.common.params.base import Count, Section

# Engines whose packages contain their model, and engines whose model the user names.
_WITH_THEIR_MODEL = ("pocketsphinx", "moonshine")
_TOLD_THEIR_MODEL = ("whisper", "wav2vec2")
_DECODING = ("beam_width", "scorer", "lm_alpha", "lm_beta")
_USES = {"deepspeech": _DECODING, "whisper": ("beam_width",)}


class Asr(Section):
    """The speech recogniser."""

    engine: Literal["deepspeech", "pocketsphinx", "moonshine", "whisper", "wav2vec2"]
    model: str | None
    scorer: str | None
    beam_width: Count | None
    lm_alpha: Annotated[float, Field(ge=0)] | None
    lm_beta: float | None
    wheel: str | None

    @model_validator(mode="after")
    def _paths_are_absolute(self) -> "Asr":
        for key in ("model", "scorer", "wheel"):
            path = getattr(self, key)
            if path is not None and not path.startswith("/"):
                raise ValueError(
                    f"{key}: {path!r} must be an absolute path "
                    "(queued experiments run in a folder of their own)"
                )
        return self

    @model_validator(mode="after")
    def _fits_the_engine(self) -> "Asr":
        if self.engine in _TOLD_THEIR_MODEL and self.model is None:
            raise ValueError(f"model: null, but engine {self.engine} is told where its model lies; set it")
        if self.engine in _WITH_THEIR_MODEL and self.model is not None:
            raise ValueError(
                f"model: {self.model!r}, but engine {self.engine} brings its own; set it to null"
            )
        for key in _DECODING:
            if getattr(self, key) is not None and key not in _USES.get(self.engine, ()):
                raise ValueError(f"{key} is set, but engine {self.engine} has no use for it; set it to null")
        return self

    @model_validator(mode="after")
    def _weights_come_in_pairs(self) -> "Asr":
        if (self.lm_alpha is None) != (self.lm_beta is None):
            raise ValueError("lm_alpha and lm_beta: one of them is set; set both, or none")
        if self.lm_alpha is not None and self.model is not None and self.scorer is None:
            raise ValueError("lm_alpha and lm_beta are set, but no scorer stands beside the model; name one")
        return self
