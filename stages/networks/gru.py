"""GRUs that run side by side over padded sequences."""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.networks.masks import backwards
from stages.networks.recurrence import recur

Direction = Literal["forward", "backward"]


class GRUs(nn.Module):
    """Independent one-layer GRUs over the same frames, e.g. the two directions of a bi-GRU.

    Each is an `nn.GRU`, and runs as one on a GPU. On a CPU they take each time step together: at
    batch 16 and hidden 128 the calls cost as much as the arithmetic.
    """

    def __init__(self, inputs: int, hidden: int, directions: Sequence[Direction] = ("forward",)) -> None:
        super().__init__()
        self.directions = tuple(directions)
        self.passes = nn.ModuleList(nn.GRU(inputs, hidden, batch_first=True) for _ in directions)

    def forward(
        self,
        x: Float[Tensor, "batch frames inputs"],
        mask: Bool[Tensor, "batch frames"],
        first: int | None = None,
    ) -> list[Float[Tensor, "batch frames hidden"]]:
        """The hidden states of each GRU, or of the `first` ones; what stands at padding is arbitrary.

        Padding comes last, so a forward pass meets it after all real frames, and a backward pass
        starts at the last real frame.
        """
        # In bf16 a CPU rounds the products of one GRU otherwise than those of several.
        passes = list(self.passes) if x.dtype == torch.bfloat16 else list(self.passes)[:first]
        if x.device.type == "cpu":
            return self._together(passes, x, mask)[:first]
        states = [
            gru(x if direction == "forward" else backwards(x, mask))[0]
            for direction, gru in zip(self.directions, passes, strict=False)
        ]
        return self._in_order(states, mask)[:first]

    def _in_order(self, states: list[Tensor], mask: Tensor) -> list[Tensor]:
        pairs = zip(self.directions, states, strict=False)
        return [x if direction == "forward" else backwards(x, mask) for direction, x in pairs]

    def _together(self, passes: list[nn.Module], x: Tensor, mask: Tensor) -> list[Tensor]:
        def all_of(name: str) -> list[Tensor]:
            return [getattr(gru, name) for gru in passes]

        # The inputs' part of all gates of all GRUs at once: a row per frame, so reversing can wait.
        from_input = F.linear(x, torch.cat(all_of("weight_ih_l0")), torch.cat(all_of("bias_ih_l0")))
        parts = self._in_order(list(from_input.chunk(len(passes), -1)), mask)
        stacked = torch.stack([part.transpose(0, 1) for part in parts], 1)
        # Under autocast the product above is in bf16, and those of the recurrence are too.
        weight, bias = (
            torch.stack(all_of(name)).to(stacked.dtype) for name in ("weight_hh_l0", "bias_hh_l0")
        )
        wide = stacked.float() if stacked.dtype == torch.bfloat16 else stacked
        states = recur(wide, weight, bias).to(stacked.dtype)
        return self._in_order([h.transpose(0, 1) for h in states.unbind(1)], mask)
