"""Pretraining by foretelling: from the sounds so far and the video, what will be said.

This is ours, not VGCL's. In VGCL (§5.2) the next sounds are told from the sounds before: they share audio,
voice and noise with them, so the video is hardly used (`video_gap`). Here

- what is foretold is clean: the noise can't give it away,
- it is a summary of all that follows, so that what is said counts and not when,
- it stands among other sentences of the same voice (`batch_by: speaker`, `negatives: batch`),
- some utterances are muted, so that all must be told from the video,
- some are not shown the video, so that the GRU also learns on speech alone, all that `base`'s network has.

Guide and curriculum are those of VGCL.
"""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stages.common.params.networks import GuideNetwork, SpeechEncoder
from stages.common.params.pretraining import Pretraining
from stages.networks.gru import GRUs
from stages.networks.interface import Inputs
from stages.networks.masks import zero_padding
from stages.systems.vgcl.pretraining import Batch, Vgcl, contrasted, cropped, figures_of


class Foretell(Vgcl):
    """Contexts of the noisy speech and the video foretell the rest of the clean speech."""

    def __init__(
        self, bands: int, speech: SpeechEncoder, video_features: int, params: Pretraining,
        guide: GuideNetwork,
    ) -> None:  # fmt: skip
        super().__init__(bands, speech, video_features, params, guide)
        own = params.foretell
        self.mute, self.blind = own.mute, own.blind
        # Read backwards, the state at a step has seen all that follows it.
        self.rest = GRUs(speech.width, speech.width, ("backward",)) if own.target == "rest" else None

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """As CPC's."""
        inputs = cropped(batch.inputs, self.longest, batch.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        contexts = self.encoder.contexts(self._guided(latents, mask, inputs, batch.window), mask)
        contrast = contrasted(self.contrast, contexts, self._told(batch, latents, mask), mask, batch)
        return {"total": contrast.loss, **figures_of(contrast)}

    def _guided(
        self,
        latents: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        inputs: Inputs,
        window: Float[Tensor, "batch 2"] | None,
    ) -> Float[Tensor, "batch steps width"]:
        """As VGCL's; in training, some see without hearing, and some others hear without seeing."""
        if not self.training:
            return self.guide(latents, mask, inputs, window)
        drawn = torch.rand(len(latents), 1, 1, device=latents.device)
        guided = self.guide(latents * (drawn >= self.mute), mask, inputs, window)
        return torch.where(drawn < 1 - self.blind, guided, latents)

    def _told(
        self, batch: Batch, latents: Float[Tensor, "batch steps width"], mask: Bool[Tensor, "batch steps"]
    ) -> Float[Tensor, "batch steps width"]:
        """What is foretold, at each step."""
        if batch.clean is not None:
            clean = cropped(replace(batch.inputs, query=batch.clean), self.longest, batch.place)
            latents, _ = self.encoder.latents(clean.query, clean.query_mask)
        return latents if self.rest is None else zero_padding(self.rest(latents, mask)[0], mask)
