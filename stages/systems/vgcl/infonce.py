"""InfoNCE (VGCL §5.1, eq. 6): distinguish the latent some steps ahead from negatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

Negatives = Literal["batch", "sequence", "both"]


@dataclass(frozen=True)
class Contrast:
    """The InfoNCE loss, and figures without a gradient.

    `bound` is log(candidates) − loss, a lower bound in nats on the mutual information of contexts and
    latents. It can't exceed log(candidates). `accuracy` is InfoNCE accuracy per distance: the share of
    predictions whose true latent scores above all negatives.
    """

    loss: Float[Tensor, ""]
    bound: Float[Tensor, ""]
    accuracy: dict[int, Tensor]


@dataclass(frozen=True)
class _Candidates:
    """Per position: the score of each candidate, which candidates are negatives, and which one is true."""

    scores: Float[Tensor, "batch steps candidates"]
    negative: Bool[Tensor, "batch steps candidates"]
    true: Int[Tensor, "batch steps"]


def info_nce(
    scores: Float[Tensor, "rows candidates"],
    negative: Bool[Tensor, "rows candidates"],
    true: Int[Tensor, " rows"],
) -> tuple[Float[Tensor, " rows"], Float[Tensor, " rows"], Float[Tensor, " rows"]]:
    """Per row: the loss of eq. 6, its bound, and whether the true candidate scores above all negatives."""
    lowest = torch.finfo(scores.dtype).min
    candidate = negative.scatter(1, true[:, None], True)
    loss = F.cross_entropy(scores.masked_fill(~candidate, lowest), true, reduction="none")
    bound = candidate.sum(1).log() - loss.detach()
    # A tie is no hit: collapsed latents, which are all equal, tie everywhere.
    others = scores.masked_fill(~negative, lowest).amax(1)
    return loss, bound, (scores.gather(1, true[:, None])[:, 0] > others).float()


class InfoNce(nn.Module):
    """Every context of a batch predicts the latent at each of the distances `ahead`.

    As in eq. 6, the softmax is over candidate latents z_j for one context. VGCL's code takes it over
    contexts for one latent. A position does not count if its utterance ends too early or if it has no
    negative. The loss is the mean over distances (the 1/K of eq. 6) and positions.
    """

    def __init__(self, width: int, ahead: Sequence[int], negatives: Negatives, temperature: float) -> None:
        super().__init__()
        self.ahead, self.negatives, self.temperature = tuple(ahead), negatives, temperature
        self.predict = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in ahead)

    def forward(
        self,
        contexts: Float[Tensor, "batch steps width"],
        latents: Float[Tensor, "batch steps width"],
        mask: Bool[Tensor, "batch steps"],
        same: Bool[Tensor, "batch batch"],
    ) -> Contrast:
        """`same` marks pairs of utterances that share a caption or a video: false negatives, left out."""
        losses, bounds, accuracy = [], [], {}
        for distance, predict in zip(self.ahead, self.predict, strict=True):
            predicted = predict(contexts[:, : max(0, contexts.shape[1] - distance)])
            found = self._candidates(predicted, latents, mask, same, distance)
            counts = mask[:, distance:] & found.negative.any(2)
            # Positions are left out, not multiplied by 0, so they have no part in the gradient either.
            scores = found.scores[counts].float() / self.temperature
            loss, bound, hit = info_nce(scores, found.negative[counts], found.true[counts])
            losses.append(loss)
            bounds.append(bound)
            accuracy[distance] = mean_of(hit)
        return Contrast(mean_of(torch.cat(losses)), mean_of(torch.cat(bounds)), accuracy)

    def _candidates(
        self, predicted: Tensor, latents: Tensor, mask: Tensor, same: Tensor, distance: int
    ) -> _Candidates:
        if self.negatives == "batch":
            return _of_the_batch(predicted, latents, mask, same, distance)
        if self.negatives == "sequence":
            return _of_the_utterance(predicted, latents, mask, distance)
        # Not every step of every utterance: 64 utterances of 64 steps would give 4096² scores per
        # distance. One step across utterances and one utterance across steps give 4096 · 127. They hold
        # both kinds of negatives: other voices and words, and other sounds of the same voice.
        across = _of_the_batch(predicted, latents, mask, same, distance)
        along = _of_the_utterance(predicted, latents, mask, distance)
        return _Candidates(
            torch.cat([across.scores, along.scores], 2),
            torch.cat([across.negative, along.negative], 2),
            across.true,
        )


def _of_the_batch(
    predicted: Float[Tensor, "batch left width"],
    latents: Float[Tensor, "batch steps width"],
    mask: Bool[Tensor, "batch steps"],
    same: Bool[Tensor, "batch batch"],
    distance: int,
) -> _Candidates:
    """The latents of all utterances at the predicted step."""
    rows = torch.arange(len(latents), device=latents.device)
    scores = (predicted.transpose(0, 1) @ latents[:, distance:].permute(1, 2, 0)).transpose(0, 1)
    other = ~same & (rows != rows[:, None])
    negative = mask[:, distance:].T & other[:, None]
    return _Candidates(scores, negative, rows[:, None].expand(scores.shape[:2]))


def _of_the_utterance(
    predicted: Float[Tensor, "batch left width"],
    latents: Float[Tensor, "batch steps width"],
    mask: Bool[Tensor, "batch steps"],
    distance: int,
) -> _Candidates:
    """The latents of the same utterance at all steps."""
    steps = torch.arange(latents.shape[1], device=latents.device)
    scores, true = predicted @ latents.transpose(1, 2), steps[distance:]
    negative = mask[:, None] & (steps != true[:, None])
    return _Candidates(scores, negative, true.expand(scores.shape[:2]))


def mean_of(x: Float[Tensor, " _"]) -> Float[Tensor, ""]:
    """The mean; of nothing 0, still part of the graph."""
    return x.sum() / max(1, len(x))
