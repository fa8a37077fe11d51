"""VGCL's encoder in a grounding network (VGCL §5.2): it sees the whole video."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from stages.common.params.networks import GuideNetwork, SpeechEncoder
from stages.networks.audio import FirstEncoder
from stages.networks.interface import Inputs, Seen
from stages.systems.vgcl.guide import Guide


class GuidedEncoder(nn.Module):
    """In the place of FirstEncoder. Its weights have the names that they have in `Vgcl`.

    There is no window here, so no true moment can get in: `Inputs` holds none.
    """

    def __init__(self, bands: int, speech: SpeechEncoder, video_features: int, params: GuideNetwork) -> None:
        super().__init__()
        self.encoder = FirstEncoder(bands, speech)
        self.guide = Guide(video_features, speech.width, params)

    def forward(
        self, inputs: Inputs
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        return self.ask(inputs, self.see(inputs))

    def see(self, inputs: Inputs) -> Seen:
        """What the guide will be asked about."""
        return Seen(self.guide.see(inputs))

    def ask(
        self, inputs: Inputs, seen: Seen
    ) -> tuple[Float[Tensor, "batch steps width"], Bool[Tensor, "batch steps"]]:
        """Contexts of the speech, guided by videos that have been seen."""
        latents, mask = self.encoder.latents(inputs.query, inputs.query_mask)
        return self.encoder.contexts(self.guide.ask(latents, mask, inputs, seen.frames), mask), mask

    def take(self, weights: dict[str, Tensor]) -> None:
        """Load what `Vgcl` has learned, the guide included."""
        kept = {name: weight for name, weight in weights.items() if name.startswith(("encoder.", "guide."))}
        self.load_state_dict(kept)
