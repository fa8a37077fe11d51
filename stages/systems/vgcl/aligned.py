"""Pretraining by alignment: what is said is told from other utterances by what it means in the video.

Not of the paper. VGCL (001 §5.2) has the video help to predict the next sounds, which the sounds before
foretell without it. Here each utterance must be matched with its moment among the moments of the batch, sound
by sound and frame by frame. Grounding keeps the ear alone, so nothing has to be weaned of the true moment: no
curriculum.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stages.common.params.networks import SpeechEncoder
from stages.common.params.pretraining import Pretraining
from stages.networks.conv import ConvBlock
from stages.networks.interface import Inputs
from stages.networks.masks import lengths, masked_softmax
from stages.networks.moments import on_grid
from stages.networks.together import joined, joined_places
from stages.systems.vgcl.infonce import mean_of, told
from stages.systems.vgcl.pretraining import Lesson, Pretrainer, cropped


class Aligned(Pretrainer):
    """Moments are told by utterances, and utterances by moments."""

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

    def loss(self, lesson: Lesson) -> dict[str, Tensor]:
        """The loss of both directions, and figures of how well they are told."""
        inputs = cropped(lesson.inputs, self.longest, lesson.place)
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        contexts = self.encoder.contexts(latents, mask)
        inside = _inside(inputs, lesson.window)
        scores = self._scores(contexts, mask, inputs, inside)
        negatives = _negatives(joined(lesson.kin), joined(inside))
        loss, bound, matched = _told_both_ways(scores, negatives)
        return {"total": loss, "bound": bound, "matched": matched}

    def _scores(
        self,
        contexts: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        inputs: Inputs,
        inside: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "all_queries all_queries"]:
        """How well each utterance fits each window: each of its sounds looks for its frame there.

        Those of all processes: what is told from what does not depend on how many share a batch.
        """
        video, video_mask = inputs.video, inputs.video_mask
        for block in self.video:
            video, video_mask = block(self.dropout(video), video_mask, inputs.video_of)
        frames = F.normalize(self.frame(self.dropout(video)).float(), dim=-1)
        sounds = F.normalize(self.sound(self.dropout(contexts)).float(), dim=-1)
        # A mean over the sounds, of which some say more than others.
        weights = joined(masked_softmax(self.weigh(contexts).float().squeeze(2), mask, 1))
        sounds, frames = joined(sounds), joined(frames)
        near = (sounds.flatten(0, 1) @ frames.flatten(0, 1).T / self.temperature).exp()
        # A soft maximum over the frames of each window: log of the mean of exp. As a product with the frames
        # of each window, since written out it would be [batch, steps, windows, frames] several times over.
        share = joined(inside / lengths(inside).clamp(min=1)[:, None])
        video_of = joined_places(_videos_of(inputs), len(inputs.video))
        found = (near @ _among_all(share, video_of, len(frames)).T).log().unflatten(0, weights.shape)
        return torch.einsum("bt,btw->bw", weights, found)


def _videos_of(inputs: Inputs) -> Int[Tensor, " batch"]:
    """The row of each query's video."""
    rows = torch.arange(len(inputs.query), device=inputs.query.device)
    return rows if inputs.video_of is None else inputs.video_of


def _among_all(
    share: Float[Tensor, "windows frames"], video_of: Int[Tensor, " windows"], videos: int
) -> Float[Tensor, "windows all_frames"]:
    """What each window takes of all frames of all videos: nothing of other videos'."""
    placed = share.new_zeros(len(share), videos, share.shape[1])
    placed[torch.arange(len(share), device=share.device), video_of] = share
    return placed.flatten(1)


def _told_both_ways(
    scores: Float[Tensor, "batch batch"], negative: Bool[Tensor, "batch batch"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
    """Loss, bound and hits: windows told by utterances, and utterances by windows."""
    rows = torch.arange(len(scores), device=scores.device)
    both = []
    for across, others in ((scores, negative), (scores.T, negative.T)):
        counts = others.any(1)
        both.append(told(across[counts], others[counts], rows[counts]))
    loss, bound, hit = (mean_of(torch.cat(parts)) for parts in zip(*both, strict=True))
    return loss, bound, hit


def _inside(inputs: Inputs, window: Float[Tensor, "batch 2"] | None) -> Bool[Tensor, "batch frames"]:
    """The frames of each query's moment; without one, all."""
    real = inputs.per_query(inputs.video_mask)
    if window is None:
        return real
    return real & on_grid(window[:, 0], window[:, 1], real).inside(real.shape[1])


def _negatives(
    kin: Int[Tensor, "batch 2"], inside: Bool[Tensor, "batch frames"]
) -> Bool[Tensor, "batch batch"]:
    """Moments that an utterance must be told from: of other videos, or apart from its own.

    Events of one video overlap; two moments that share half of the shorter one are no negatives.
    """
    one_caption, one_video = (kin[:, None] == kin).unbind(2)
    shared = inside.float() @ inside.float().T
    count = lengths(inside)
    apart = 2 * shared < torch.minimum(count, count[:, None])
    return torch.where(one_video, apart, ~one_caption)
