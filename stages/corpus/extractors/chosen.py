"""The extractor that `corpus.features` names.

| corpus.features | a row describes                        | width | weights                            |
|-----------------|----------------------------------------|-------|------------------------------------|
| pixels          | a second                               | 413   | none                               |
| i3d             | `clips.stride` pictures, 25 per second | 1,024 | Kinetics-400; or a user's own      |

A checkpoint for i3d is that package (.tar.gz), or one in the names of pytorch-i3d, such as rgb_charades.pt.
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
        case _:
            return Pixels()
