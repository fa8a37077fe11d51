"""Channel chunks: VGCL §6.2, "We split the features into 8 chunks to improve the model stability"."""

from jaxtyping import Bool, Float
from torch import Tensor


def split(x: Float[Tensor, "batch frames hidden"], chunks: int) -> Float[Tensor, "rows frames chunk"]:
    """Each item as `chunks` rows of the batch, so that one network serves every chunk."""
    return x.unflatten(-1, (chunks, -1)).transpose(1, 2).flatten(0, 1)


def repeat(mask: Bool[Tensor, "batch frames"], chunks: int) -> Bool[Tensor, "rows frames"]:
    """The mask of the rows that `split` makes."""
    return mask.repeat_interleave(chunks, 0)


def join(scores: Float[Tensor, "rows frames"], chunks: int) -> Float[Tensor, "batch chunks frames"]:
    """The chunks of each item side by side again."""
    return scores.unflatten(0, (-1, chunks))
