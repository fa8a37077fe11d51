"""What the training loop trains."""

from typing import Any

from torch import nn


class Learner(nn.Module):
    """A module whose weights learn, all at the same rate unless it says otherwise."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The weights that learn, and at what share of the learning rate."""
        return [{"params": list(self.parameters()), "share": 1.0}]
