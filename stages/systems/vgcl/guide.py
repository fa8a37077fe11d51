"""The video guides the speech encoder (VGCL §5.2, eq. 7-8): speech latents attend to the video."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.params.networks import GuideNetwork
from stages.networks.interface import Inputs
from stages.networks.masks import masked_softmax, zero_padding
from stages.networks.moments import on_grid
from stages.networks.norm import FrameNorm
from stages.networks.self_attention import SelfAttention

_NORMS: dict[str, Callable[[int], nn.Module]] = {
    "layer": nn.LayerNorm,
    "batch": FrameNorm,
    "none": nn.Identity,
}


class Guide(nn.Module):
    """Z = Norm(Ã + ReLU(Softmax(Q Kᵀ) V)), with keys and values of [Ṽ; Ṽ_mask] along time (eq. 8).

    Eq. 8 has a LayerNorm. Behind latents that a ReLU leaves it costs much of what grounding can learn: it
    keeps in each channel the mean that the ReLU puts there. `norm` and `relu` choose other forms.
    """

    def __init__(self, video_features: int, width: int, params: GuideNetwork) -> None:
        super().__init__()
        self.entire_video = params.entire_video
        self.mask_first = params.mask == "before"
        self.heads = params.heads
        # Normalised per frame, so that no frame depends on those outside the window.
        self.project = nn.Sequential(nn.Linear(video_features, width), nn.LayerNorm(width), nn.ReLU())
        self.self_attention = nn.ModuleList(
            SelfAttention(width, params.heads, params.dropout)
            for _ in range(params.layers if params.self_attention else 0)
        )
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.dropout = nn.Dropout(params.dropout)
        self.relu = params.relu
        self.norm = _NORMS[params.norm](width)

    def forward(
        self,
        latents: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        inputs: Inputs,
        window: Float[Tensor, "batch 2"] | None = None,
    ) -> Float[Tensor, "batch steps width"]:
        """The latents, each with what it finds in the video; `window` holds fractions, None is all of it."""
        if window is None:
            return self.ask(latents, mask, inputs, self.see(inputs))
        return self._guided(latents, mask, *self._both(inputs, window))

    def see(self, inputs: Inputs) -> Float[Tensor, "videos frames width"]:
        """The whole video: [Ṽ; Ṽ] would give the same softmax sums as Ṽ alone, at twice the cost."""
        return self._attend_itself(self._projected(inputs), inputs.video_mask)

    def ask(
        self,
        latents: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        inputs: Inputs,
        entire: Float[Tensor, "videos frames width"],
    ) -> Float[Tensor, "batch steps width"]:
        """The latents, each with what it finds in all of its video, which has been seen."""
        return self._guided(latents, mask, inputs.per_query(entire), inputs.per_query(inputs.video_mask))

    def attention(
        self, latents: Float[Tensor, "batch steps width"], inputs: Inputs
    ) -> Float[Tensor, "batch heads steps frames"]:
        """Where each latent looks when it sees all of the video, as in grounding."""
        entire = inputs.per_query(self.see(inputs))
        return self._weights(latents, entire, inputs.per_query(inputs.video_mask))

    def _both(
        self, inputs: Inputs, window: Float[Tensor, "batch 2"]
    ) -> tuple[Float[Tensor, "batch places width"], Bool[Tensor, "batch places"]]:
        """What keys and values are made of, the whole video and its window, and which of it there is."""
        projected = self._projected(inputs)
        real = inputs.per_query(inputs.video_mask)
        inside = real & on_grid(window[:, 0], window[:, 1], real).inside(real.shape[1])
        entire = inputs.per_query(self._attend_itself(projected, inputs.video_mask))
        # The published code takes frames away after self-attention, so those that stay have seen them.
        masked = self._attend_itself(inputs.per_query(projected), inside) if self.mask_first else entire
        if not self.entire_video:
            return masked, inside
        return torch.cat([entire, masked], 1), torch.cat([real, inside], 1)

    def _guided(self, latents: Tensor, mask: Tensor, video: Tensor, video_mask: Tensor) -> Tensor:
        attended = self._attend(latents, video, video_mask)
        guided = latents + self.dropout(F.relu(attended) if self.relu else attended)
        # A LayerNorm needs no mask: it looks at one step at a time.
        return zero_padding(
            self.norm(guided, mask) if isinstance(self.norm, FrameNorm) else self.norm(guided), mask
        )

    def _projected(self, inputs: Inputs) -> Float[Tensor, "videos frames width"]:
        return self.project(zero_padding(inputs.video, inputs.video_mask))

    def _attend_itself(self, video: Tensor, mask: Tensor) -> Tensor:
        for layer in self.self_attention:
            video = layer(video, mask)
        return video

    def _attend(
        self,
        latents: Float[Tensor, "batch steps width"],
        video: Float[Tensor, "batch frames width"],
        mask: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "batch steps width"]:
        weights = self._weights(latents, video, mask)
        return (weights @ self._by_head(self.value(video))).transpose(1, 2).flatten(2)

    def _weights(self, latents: Tensor, video: Tensor, mask: Tensor) -> Float[Tensor, "b h steps frames"]:
        query, key = self._by_head(self.query(latents)), self._by_head(self.key(video))
        # Over √d, which eq. 8 leaves out and its code has; without it, wide heads look at one frame.
        scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(2, 3)
        return masked_softmax(scores, mask[:, None, None], 3)

    def _by_head(self, x: Float[Tensor, "b places width"]) -> Float[Tensor, "b h places part"]:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
