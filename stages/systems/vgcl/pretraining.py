"""The pretraining networks of the first encoder: CPC, VQ-CPC and VGCL (VGCL §5)."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.common.params.networks import GuideNetwork, SpeechEncoder
from stages.common.params.pretraining import Pretraining
from stages.networks.audio import FirstEncoder
from stages.networks.distributed import all_gathered
from stages.networks.interface import Inputs
from stages.networks.masks import lengths
from stages.systems.vgcl.guide import Guide
from stages.systems.vgcl.infonce import Contrast, InfoNce
from stages.systems.vgcl.quantise import Quantiser


@dataclass(frozen=True)
class Batch:
    """A batch to learn from.

    `same_ids`: the ids of each utterance's caption and video; a shared one makes a false negative. `place`:
    which part of a long utterance is used, 0 for its beginning and 1 for its end. `window`: the part of each
    video that VGCL sees a second time, or the moment to match, in fractions of the video; None is all of it.
    `clean`: the spectrograms before the noise was mixed in, for what foretells them.
    """

    inputs: Inputs
    same_ids: Int[Tensor, "batch 2"]
    place: Float[Tensor, " batch"]
    window: Float[Tensor, "batch 2"] | None = None
    clean: Float[Tensor, "batch frames bands"] | None = None


def cropped(inputs: Inputs, longest: int, place: Float[Tensor, " batch"]) -> Inputs:
    """Utterances cut to `longest` frames where they have more."""
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
    """A network whose `encoder` goes on to grounding."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__()
        self.longest = params.audio_steps * math.prod(speech.strides)
        self.encoder = FirstEncoder(bands, speech)

    @abstractmethod
    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The named terms and their `total`; what has no part in the total carries no gradient."""

    def contexts(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """What the encoder makes of the speech alone."""
        contexts, mask = self.encoder(inputs)
        return contexts, mask


class Cpc(Pretrainer):
    """Contexts predict the latents some steps ahead (VGCL §5.1)."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__(bands, speech, params)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The named terms and their `total`; what has no part in the total carries no gradient."""
        inputs = cropped(batch.inputs, self.longest, batch.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        contexts = self.encoder.contexts(latents, mask)
        contrast = contrasted(self.contrast, contexts, latents, mask, batch)
        return {"total": contrast.loss, **figures_of(contrast)}


class VqCpc(Pretrainer):
    """CPC on latents that are codes; contexts are made of codes and predict codes (VQ-CPC)."""

    def __init__(self, bands: int, speech: SpeechEncoder, params: Pretraining) -> None:
        super().__init__(bands, speech, params)
        self.quantiser = Quantiser(params.codebook.codes, speech.width, params.codebook.decay)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)
        self.commitment = params.codebook.commitment

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """As CPC's, and the commitment of latents to their codes."""
        inputs = cropped(batch.inputs, self.longest, batch.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        quantised = self.quantiser(latents, mask)
        contexts = self.encoder.contexts(quantised.frames, mask)
        contrast = contrasted(self.contrast, contexts, quantised.frames, mask, batch)
        return {
            "total": contrast.loss + self.commitment * quantised.commitment,
            "infonce": contrast.loss.detach(),
            "commitment": quantised.commitment.detach(),
            "perplexity": quantised.perplexity,
            **figures_of(contrast),
        }


class Vgcl(Pretrainer):
    """CPC whose contexts have seen the window and the whole video; the latents have not (VGCL eq. 9)."""

    def __init__(
        self, bands: int, speech: SpeechEncoder, video_features: int, params: Pretraining,
        guide: GuideNetwork,
    ) -> None:  # fmt: skip
        super().__init__(bands, speech, params)
        self.guide = Guide(video_features, speech.width, guide)
        self.contrast = InfoNce(speech.width, params.ahead, params.negatives, params.temperature)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """As CPC's."""
        inputs = cropped(batch.inputs, self.longest, batch.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        guided = self.guide(latents, mask, inputs, batch.window)
        contexts = self.encoder.contexts(guided, mask)
        # VGCL writes z for both. Its code predicts the latents as they were before the guide.
        contrast = contrasted(self.contrast, contexts, latents, mask, batch)
        return {"total": contrast.loss, **figures_of(contrast)}

    def contexts(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """With an empty video: otherwise the guide would read the words off the video."""
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        blind = replace(inputs, video_mask=torch.zeros_like(inputs.video_mask))
        return self.encoder.contexts(self.guide(latents, mask, blind), mask), mask


def contrasted(
    contrast: InfoNce,
    contexts: Float[Tensor, "batch steps width"],
    latents: Float[Tensor, "batch steps width"],
    mask: Bool[Tensor, "batch steps"],
    batch: Batch,
) -> Contrast:
    """Negatives come from all processes, so they do not depend on the number of processes."""
    same_ids = all_gathered(batch.same_ids)
    same = (same_ids[:, None] == same_ids).any(2)
    return contrast(all_gathered(contexts), all_gathered(latents), all_gathered(mask), same)


def figures_of(contrast: Contrast) -> dict[str, Tensor]:
    """Its bound, and its accuracy at each distance."""
    hits = {f"accuracy_{distance}": share for distance, share in contrast.accuracy.items()}
    return {"bound": contrast.bound, **hits}
