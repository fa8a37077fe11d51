"""What VSLBase and VSLNet are trained to do: L = L_span + λ L_QGH (Zhang et al., ACL 2020, §3.3)."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from stages.common.params.networks import VslNetwork
from stages.networks.interface import EdgeScores
from stages.networks.losses import cross_entropy, highlight_loss, one_hot
from stages.networks.moments import on_grid


@dataclass(frozen=True)
class HighlightScores(EdgeScores):
    """Also how bright query-guided highlighting (QGH) makes each frame; None in VSLBase."""

    highlight: Float[Tensor, "batch frames"] | None = None


@dataclass(frozen=True)
class SpanAndHighlight:
    """The span's edges, and the frames of the extended moment for QGH."""

    params: VslNetwork

    def __call__(
        self, scores: HighlightScores, start: Float[Tensor, " batch"], end: Float[Tensor, " batch"]
    ) -> dict[str, Tensor]:
        """The named terms; `start` and `end` are shares of the video."""
        mask = scores.video_mask
        moments = on_grid(start, end, mask)
        span = 0.5 * (
            cross_entropy(scores.start, one_hot(moments.first, mask), mask)
            + cross_entropy(scores.end, one_hot(moments.last, mask), mask)
        )
        if scores.highlight is None:
            return {"total": span, "boundary": span}
        highlight = highlight_loss(scores.highlight, moments.extended(self.params.extension, mask), mask)
        total = span + self.params.highlight_weight * highlight
        return {"total": total, "boundary": span, "highlight": highlight}
