"""Pretraining by alignment: an utterance is matched with its moment by InfoNCE.

This is ours, not VGCL's. In VGCL (§5.2) the video helps to predict the next sounds, but the sounds before
predict them without a video. Here each utterance is matched with its moment among the moments of the batch,
sound by sound and frame by frame. Grounding keeps the speech encoder alone, which takes no video: no
curriculum is needed.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.common.params.networks import SpeechEncoder
from stages.common.params.pretraining import Pretraining
from stages.networks.conv import ConvBlock
from stages.networks.distributed import all_gathered, all_gathered_rows
from stages.networks.interface import Inputs
from stages.networks.masks import lengths, masked_softmax
from stages.networks.moments import on_grid
from stages.systems.vgcl.infonce import info_nce, mean_of
from stages.systems.vgcl.pretraining import Batch, Pretrainer, cropped


class Aligned(Pretrainer):
    """Utterances find their moments, and moments find their utterances."""

    def __init__(self, bands: int, speech: SpeechEncoder, video_features: int, params: Pretraining) -> None:
        super().__init__(bands, speech, params)
        self.temperature = params.align.temperature
        # Narrow convolutions: beyond its edges a moment shows two frames.
        self.video = nn.ModuleList(
            [ConvBlock(video_features, speech.width, 3), ConvBlock(speech.width, speech.width, 3)]
        )
        self.dropout = nn.Dropout(params.align.dropout)
        self.sound, self.frame = (nn.Linear(speech.width, speech.width) for _ in range(2))
        self.weigh = nn.Linear(speech.width, 1, bias=False)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The loss of both directions, its bound and its InfoNCE accuracy."""
        inputs = cropped(batch.inputs, self.longest, batch.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        contexts = self.encoder.contexts(latents, mask)
        inside = _inside(inputs, batch.window)
        scores = self._scores(contexts, mask, inputs, inside)
        negatives = _negatives(all_gathered(batch.same_ids), all_gathered(inside))
        loss, bound, matched = _both_directions(scores, negatives)
        return {"total": loss, "bound": bound, "matched": matched}

    def _scores(
        self,
        contexts: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        inputs: Inputs,
        inside: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "all_queries all_queries"]:
        """How well each utterance fits each window: each of its sounds looks for its frame there.

        Utterances and windows are those of all processes, so negatives do not depend on their number.
        """
        video, video_mask = inputs.video, inputs.video_mask
        for block in self.video:
            video, video_mask = block(self.dropout(video), video_mask, inputs.video_of)
        frames = F.normalize(self.frame(self.dropout(video)).float(), dim=-1)
        sounds = F.normalize(self.sound(self.dropout(contexts)).float(), dim=-1)
        # A weighted mean over the sounds: some carry more meaning than others.
        weights = all_gathered(masked_softmax(self.weigh(contexts).float().squeeze(2), mask, 1))
        sounds, frames = all_gathered(sounds), all_gathered(frames)
        near = (sounds.flatten(0, 1) @ frames.flatten(0, 1).T / self.temperature).exp()
        # A soft maximum over the frames of each window: the log of the mean of exp. It is a matrix product,
        # because written out it would take several tensors of [batch, steps, windows, frames].
        share = all_gathered(inside / lengths(inside).clamp(min=1)[:, None])
        video_of = all_gathered_rows(_videos_of(inputs), len(inputs.video))
        found = (near @ _over_all_frames(share, video_of, len(frames)).T).log().unflatten(0, weights.shape)
        return torch.einsum("bt,btw->bw", weights, found)


def _videos_of(inputs: Inputs) -> Int[Tensor, " batch"]:
    """The row of each query's video."""
    rows = torch.arange(len(inputs.query), device=inputs.query.device)
    return rows if inputs.video_of is None else inputs.video_of


def _over_all_frames(
    share: Float[Tensor, "windows frames"], video_of: Int[Tensor, " windows"], videos: int
) -> Float[Tensor, "windows all_frames"]:
    """The share of each frame of all videos in each window; 0 in other videos."""
    placed = share.new_zeros(len(share), videos, share.shape[1])
    placed[torch.arange(len(share), device=share.device), video_of] = share
    return placed.flatten(1)


def _both_directions(
    scores: Float[Tensor, "batch batch"], negative: Bool[Tensor, "batch batch"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
    """InfoNCE loss, bound and accuracy: utterances find windows, and windows find utterances."""
    rows = torch.arange(len(scores), device=scores.device)
    both = []
    for across, others in ((scores, negative), (scores.T, negative.T)):
        counts = others.any(1)
        both.append(info_nce(across[counts], others[counts], rows[counts]))
    loss, bound, hit = (mean_of(torch.cat(parts)) for parts in zip(*both, strict=True))
    return loss, bound, hit


def _inside(inputs: Inputs, window: Float[Tensor, "batch 2"] | None) -> Bool[Tensor, "batch frames"]:
    """The frames of each query's moment; without one, all."""
    real = inputs.per_query(inputs.video_mask)
    if window is None:
        return real
    return real & on_grid(window[:, 0], window[:, 1], real).inside(real.shape[1])


def _negatives(
    same_ids: Int[Tensor, "batch 2"], inside: Bool[Tensor, "batch frames"]
) -> Bool[Tensor, "batch batch"]:
    """Negatives of an utterance: moments of other videos, or moments apart from its own.

    Events of one video overlap. Two moments that share half of the shorter one are no negatives.
    """
    one_caption, one_video = (same_ids[:, None] == same_ids).unbind(2)
    shared = inside.float() @ inside.float().T
    count = lengths(inside)
    apart = 2 * shared < torch.minimum(count, count[:, None])
    return torch.where(one_video, apart, ~one_caption)
