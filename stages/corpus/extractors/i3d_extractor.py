"""I3D as an extractor."""

from pathlib import Path

from stages.common.params.schema import Clips
from stages.corpus.extractors.checkpoint import fill, read_checkpoint
from stages.corpus.extractors.i3d import I3D, WIDTH
from stages.corpus.extractors.i3d_package import kinetics_weights
from stages.corpus.extractors.i3d_weights import from_checkpoint
from stages.corpus.extractors.network import Looks, Network


def i3d(clips: Clips, checkpoint: Path | None) -> Network:
    """I3D of Kinetics-400, or with the user's own weights; pictures are shown as in the paper, §3."""
    if checkpoint is None or checkpoint.name.endswith(".tar.gz"):
        network, weights = I3D(), kinetics_weights(checkpoint)
    else:
        network = I3D(classified=False)
        weights = from_checkpoint(read_checkpoint(checkpoint), str(checkpoint))
    looks = Looks(25, clips.frames, clips.stride, resized=256, cut=224, interpolation="BILINEAR")
    return Network("i3d", WIDTH, network, looks, fill(network, weights, str(checkpoint)))
