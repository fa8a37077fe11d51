"""Where ESC-50 comes from: the stand-in, an unpacked folder, a zip file, a URL."""

from pathlib import Path

from stages.common.artifacts import sha256_of
from stages.common.errors import DataError, ParamsError
from stages.common.params.schema import Noise
from stages.common.user_cache import user_cache
from stages.mix.archive import unpack
from stages.mix.download import download
from stages.mix.esc50 import Esc50, read_esc50

STAND_IN = Path("data/esc50")


def open_esc50(noise: Noise) -> Esc50:
    """The noise clips that `noise.esc50` names; a zip is unpacked once into the user's cache."""
    source, expected = noise.esc50, noise.sha256
    if source.startswith(("http://", "https://")):
        # The params are refused when a URL comes without its sha256.
        return read_esc50(_from_url(source, str(expected)))
    path = Path(source)
    if path.is_file():
        return read_esc50(_from_zip(path, expected))
    if expected is not None:
        raise ParamsError(
            f"params.yaml: `noise.sha256` is set, but `noise.esc50` is {source}, which is no zip file; "
            "set noise.sha256 to null"
        )
    if not path.is_dir():
        cure = "run `dvc repro esc50`" if path == STAND_IN else "correct noise.esc50 in params.yaml"
        raise DataError(f"{path} does not exist; {cure}")
    return read_esc50(path)


def cache_folder() -> Path:
    """Where zips are unpacked, each in a folder named by its sha256."""
    return user_cache() / "esc50"


def _from_zip(path: Path, expected: str | None) -> Path:
    found = sha256_of(path)
    if expected not in (None, found):
        raise DataError(f"{path} has the sha256 {found}, but noise.sha256 is {expected}; correct one of them")
    folder = cache_folder() / found
    if not folder.exists():
        unpack(path, folder)
    return folder


def _from_url(url: str, expected: str) -> Path:
    folder = cache_folder() / expected
    if not folder.exists():
        with download(url, expected, cache_folder()) as path:
            unpack(path, folder)
    return folder
