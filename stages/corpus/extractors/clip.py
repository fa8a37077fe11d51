"""CLIP's picture tower (Radford et al., ICML 2021), a vision transformer, from a user's own weights.

Tensors bear the names of Hugging Face's `model.safetensors`, such as openai/clip-vit-base-patch32's. How
wide and deep the tower is and how fine its patches are is read off their shapes. Only OpenAI's own: others
have towers of the same names and shapes with another GELU, and their numbers would come out wrong.
"""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from stages.common.errors import DataError
from stages.corpus.extractors.checkpoint import fill, read_checkpoint
from stages.corpus.extractors.network import Looks, PictureNetwork

# All of OpenAI's towers have heads of this width, and are shown pictures normalised so.
_HEAD = 64
_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_PATCHES, _PLACES = "embeddings.patch_embedding.weight", "embeddings.position_embedding.weight"


class Layer(nn.Module):
    """Attention and two dense layers, each behind a normalisation and beside a shortcut."""

    def __init__(self, width: int, wide: int):
        super().__init__()
        names = ("q_proj", "k_proj", "v_proj", "out_proj")
        self.self_attn = nn.ModuleDict({name: nn.Linear(width, width) for name in names})
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, wide), "fc2": nn.Linear(wide, width)})

    def forward(self, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        seen = self.layer_norm1(x)
        query, key, value = (
            self.self_attn[name](seen).unflatten(-1, (-1, _HEAD)).transpose(1, 2)
            for name in ("q_proj", "k_proj", "v_proj")
        )
        met = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.self_attn["out_proj"](met.transpose(1, 2).flatten(2))
        inner = self.mlp["fc1"](self.layer_norm2(x))
        # OpenAI's approximation of GELU, which the weights were trained with.
        return x + self.mlp["fc2"](inner * torch.sigmoid(1.702 * inner))


class Embeddings(nn.Module):
    """A picture as a row of patches with their places, behind a row for the picture as a whole."""

    def __init__(self, width: int, patch: int, rows: int):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding(rows, width)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b n d"]:
        patches = self.patch_embedding(x).flatten(2).transpose(1, 2)
        whole = self.class_embedding.expand(len(x), 1, -1)
        return torch.cat([whole, patches], dim=1) + self.position_embedding.weight


class Tower(nn.Module):
    """Single pictures as the numbers that CLIP compares with a sentence's."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int, wide: int, layers: int, patch: int, rows: int, outputs: int):
        super().__init__()
        tower = nn.Sequential(*(Layer(width, wide) for _ in range(layers)))
        self.vision_model = nn.ModuleDict(
            {
                "embeddings": Embeddings(width, patch, rows),
                "pre_layrnorm": nn.LayerNorm(width),
                "encoder": nn.ModuleDict({"layers": tower}),
                "post_layernorm": nn.LayerNorm(width),
            }
        )
        self.visual_projection = nn.Linear(width, outputs, bias=False)
        self.register_buffer("mean", torch.tensor(_MEAN), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION), persistent=False)

    def forward(self, clips: UInt8[Tensor, "b 1 h w 3"]) -> Float[Tensor, "b outputs"]:
        pictures = (clips[:, 0].float() / 255 - self.mean) / self.deviation
        parts = self.vision_model
        x = parts["pre_layrnorm"](parts["embeddings"](pictures.permute(0, 3, 1, 2)))
        x = parts["encoder"].get_submodule("layers")(x)
        return self.visual_projection(parts["post_layernorm"](x[:, 0]))


def tower_for(weights: dict[str, Tensor], origin: str) -> tuple[Tower, int]:
    """A tower of the size that the weights are of, and how wide its pictures are."""
    try:
        patches, rows = weights[f"vision_model.{_PATCHES}"], weights[f"vision_model.{_PLACES}"].shape[0]
        wide = weights["vision_model.encoder.layers.0.mlp.fc1.weight"].shape[0]
        outputs = weights["visual_projection.weight"].shape[0]
    except KeyError as error:
        raise DataError(
            f"{origin} does not fit: {error.args[0]} is absent; expected Hugging Face's names of CLIP, as in "
            "model.safetensors of openai/clip-vit-base-patch32"
        ) from None
    width, patch = patches.shape[0], patches.shape[-1]
    layers = len({name.split(".")[3] for name in weights if name.startswith("vision_model.encoder.layers.")})
    return Tower(width, wide, layers, patch, rows, outputs), patch * round((rows - 1) ** 0.5)


def clip(checkpoint: Path, per_second: int) -> PictureNetwork:
    """CLIP's view of so many pictures per second."""
    # The other tower reads, and is not needed. Old files list the numbers of the places too.
    weights = {
        name: value
        for name, value in read_checkpoint(checkpoint).items()
        if name.startswith(("vision_model.", "visual_projection.")) and not name.endswith("position_ids")
    }
    network, side = tower_for(weights, str(checkpoint))
    sha256 = fill(network, weights, str(checkpoint))
    looks = Looks(per_second, 1, 1, resized=side, cut=side, interpolation="BICUBIC")
    return PictureNetwork("clip", network.visual_projection.out_features, network, looks, sha256)
