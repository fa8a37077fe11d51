"""What the first audio encoder is pretrained by: CPC, VQ-CPC and VGCL (001 §5)."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.common.params.networks import GuideNetwork, SpeechEncoder
from stages.common.params.pretraining import Pretraining
from stages.networks.audio import FirstEncoder
from stages.networks.interface import Inputs
from stages.networks.masks import lengths
from stages.networks.together import joined
from stages.systems.vgcl.guide import Guide
from stages.systems.vgcl.infonce import Contrast, InfoNce
from stages.systems.vgcl.quantise import Quantiser


@dataclass(frozen=True)
class Lesson:
    """A batch to learn from.

    `kin`: numbers of each utterance's caption and video; who shares one is no negative. `place`: where in a
    long utterance the part that is used lies, 0 at its beginning and 1 at its end. `window`: the part of each
    video that VGCL sees a second time, or the moment that is matched, in fractions of it; None is all of it.
    """

    inputs: Inputs
    kin: Int[Tensor, "batch 2"]
    place: Float[Tensor, " batch"]
    window: Float[Tensor, "batch 2"] | None = None


def cropped(inputs: Inputs, longest: int, place: Float[Tensor, " batch"]) -> Inputs:
    """Utterances of more than `longest` frames cut to so many."""
    mels, mask = inputs.query, inputs.query_mask
    slack = (lengths(mask) - longest).clamp(min=0)
    first = (place * slack).round().long()
    frames = first[:, None] + torch.arange(min(longest, mels.shape[1]), device=mels.device)
    return replace(
        inputs,
        query=mels.gather(1, frames[..., None].expand(-1, -1, mels.shape[2])),
        query_mask=mask.gather(1, frames),
    )


class Pretrainer(nn.Module, ABC):
    """A network whose `encoder` is what grounding is given."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__()
        self.longest = params.audio_steps * math.prod(speech.strides)
        self.encoder = FirstEncoder(bands, speech)

    @abstractmethod
    def loss(self, lesson: Lesson) -> dict[str, Tensor]:
        """The named terms and their `total`; what has no part in the total carries no gradient."""

    def contexts(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """What the encoder makes of the speech alone."""
        contexts, mask = self.encoder(inputs)
        return contexts, mask


class Cpc(Pretrainer):
    """Contexts predict the latents some steps ahead (§5.1)."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__(bands, speech, params)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)

    def loss(self, lesson: Lesson) -> dict[str, Tensor]:
        """The named terms and their `total`; what has no part in the total carries no gradient."""
        inputs = cropped(lesson.inputs, self.longest, lesson.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        contexts = self.encoder.contexts(latents, mask)
        contrast = _contrasted(self.contrast, contexts, latents, mask, lesson)
        return {"total": contrast.loss, **_figures(contrast)}


class VqCpc(Pretrainer):
    """CPC on latents that are codes; contexts are made of codes and predict codes ([43] of the paper)."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__(bands, speech, params)
        self.quantiser = Quantiser(params.codebook.codes, speech.width, params.codebook.decay)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)
        self.commitment = params.codebook.commitment

    def loss(self, lesson: Lesson) -> dict[str, Tensor]:
        """As CPC's, and the commitment of latents to their codes."""
        inputs = cropped(lesson.inputs, self.longest, lesson.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        quantised = self.quantiser(latents, mask)
        contexts = self.encoder.contexts(quantised.frames, mask)
        contrast = _contrasted(self.contrast, contexts, quantised.frames, mask, lesson)
        return {
            "total": contrast.loss + self.commitment * quantised.commitment,
            "infonce": contrast.loss.detach(),
            "commitment": quantised.commitment.detach(),
            "perplexity": quantised.perplexity,
            **_figures(contrast),
        }


class Vgcl(Pretrainer):
    """CPC whose contexts have seen the video, window and whole; what they predict has not (eq. 9)."""

    def __init__(
        self, bands: int, speech: SpeechEncoder, video_features: int, params: Pretraining,
        guide: GuideNetwork,
    ) -> None:  # fmt: skip
        super().__init__(bands, speech, params)
        self.guide = Guide(video_features, speech.width, guide)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)

    def loss(self, lesson: Lesson) -> dict[str, Tensor]:
        """As CPC's."""
        inputs = cropped(lesson.inputs, self.longest, lesson.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        guided = self.guide(latents, mask, inputs, lesson.window)
        contexts = self.encoder.contexts(guided, mask)
        # The paper writes z for both. Its code predicts the latents as they were before the guide.
        contrast = _contrasted(self.contrast, contexts, latents, mask, lesson)
        return {"total": contrast.loss, **_figures(contrast)}

    def contexts(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """Beside a video that shows nothing: the guide would read the words off it."""
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        blind = replace(inputs, video_mask=torch.zeros_like(inputs.video_mask))
        return self.encoder.contexts(self.guide(latents, mask, blind), mask), mask


def _contrasted(
    contrast: InfoNce,
    contexts: Float[Tensor, "batch steps width"],
    latents: Float[Tensor, "batch steps width"],
    mask: Bool[Tensor, "batch steps"],
    lesson: Lesson,
) -> Contrast:
    """Among the utterances of all processes: negatives do not depend on how many share a batch."""
    kin = joined(lesson.kin)
    same = (kin[:, None] == kin).any(2)
    return contrast(joined(contexts), joined(latents), joined(mask), same)


def _figures(contrast: Contrast) -> dict[str, Tensor]:
    hits = {f"accuracy_{distance}": share for distance, share in contrast.accuracy.items()}
    return {"bound": contrast.bound, **hits}
