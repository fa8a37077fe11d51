"""Vector quantisation for VQ-CPC (van Niekerk et al. 2020), as in VQ-VAE (van den Oord et al. 2017)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.distributed import all_gathered, summed
from stages.networks.masks import zero_padding

# A code that fewer frames than this choose per step, in the running mean, is dead.
DEAD = 0.1


@dataclass(frozen=True)
class Quantised:
    """Each frame's code, how far frames are from their codes, and how many codes are in use.

    `perplexity` is 1 where all frames have one code (collapse), and the number of codes at equal use.
    """

    frames: Float[Tensor, "batch steps width"]
    commitment: Float[Tensor, ""]
    perplexity: Float[Tensor, ""]


class Quantiser(nn.Module):
    """Every frame becomes the nearest of a few codes, which are running means of the frames they stand for.

    A code that no frame chooses any more is put on a frame of the batch; so is every code at the first
    step. Processes that train together keep the same codes, as if their batches were one.
    """

    codes: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(self, codes: int, width: int, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("codes", torch.zeros(codes, width))
        self.register_buffer("counts", torch.zeros(codes))
        self.register_buffer("sums", torch.zeros(codes, width))

    def forward(self, x: Float[Tensor, "batch steps width"], mask: Bool[Tensor, "batch steps"]) -> Quantised:
        """The quantised frames, through which gradients pass as if they were the frames; padding is zero."""
        rows = x[mask].float()
        if self.training:
            self._revive(rows.detach())
        chosen = torch.cdist(rows.detach(), self.codes).argmin(1)
        nearest = torch.zeros_like(x, dtype=torch.float)
        nearest[mask] = self.codes[chosen]
        used = torch.bincount(chosen, minlength=len(self.codes)).float()
        if self.training:
            used = self._follow(rows.detach(), chosen, used)
        # The mean over the frames of all processes.
        apart = zero_padding((x.float() - nearest).square().mean(2), mask)
        commitment = all_gathered(apart).sum() / all_gathered(mask).sum().clamp(min=1)
        share = used / used.sum().clamp(min=1)
        perplexity = torch.exp(-torch.xlogy(share, share).sum())
        # Straight through: the value is the code's, the gradient the frame's.
        frames = x + zero_padding(nearest.to(x.dtype) - x, mask).detach()
        return Quantised(zero_padding(frames, mask), commitment, perplexity)

    @torch.no_grad()
    def _follow(self, rows: Tensor, chosen: Tensor, used: Tensor) -> Tensor:
        """Move the codes towards the frames that chose them; returns how many did so in all processes."""
        sums = torch.zeros_like(self.sums).index_add_(0, chosen, rows)
        totals = summed(torch.cat([used[:, None], sums], 1))
        used, sums = totals[:, 0], totals[:, 1:]
        self.counts.lerp_(used, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        self.codes.copy_(self.sums / self.counts.clamp(min=1e-6)[:, None])
        return used

    @torch.no_grad()
    def _revive(self, rows: Tensor) -> None:
        """Put dead codes on frames of the batch."""
        dead = (self.counts < DEAD).nonzero()[:, 0]
        if not len(dead):
            return
        # Each process offers a frame per code with a lot, and the highest lot wins; for processes can do
        # no more than add up, its weight is so large that the others' vanish.
        width = rows.shape[1]
        offer = torch.zeros(len(dead), width + 1, dtype=torch.double, device=rows.device)
        if len(rows):
            # Other frames for other codes, as long as there are enough.
            place = torch.randperm(len(rows), device=rows.device).repeat(-(-len(dead) // len(rows)))
            lot = torch.rand(len(dead), dtype=torch.double, device=rows.device).mul(500).exp()
            offer[:, :width] = rows[place[: len(dead)]].double() * lot[:, None]
            offer[:, width] = lot
        offer = summed(offer)
        revived = offer[:, width] > 0
        frames = (offer[revived, :width] / offer[revived, width:]).float()
        dead = dead[revived]
        self.codes[dead], self.sums[dead], self.counts[dead] = frames, frames, 1.0
