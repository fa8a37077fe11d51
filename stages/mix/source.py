"""Where ESC-50 comes from: the stand-in, an unpacked folder, a zip file, a URL."""

import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from stages.common.artifacts import sha256_of
from stages.common.download import download
from stages.common.errors import DataError, ParamsError
from stages.common.params.schema import Noise
from stages.common.user_cache import user_cache
from stages.mix.archive import unpack
from stages.mix.esc50 import Esc50, read_esc50

STAND_IN = Path("data/esc50")


def open_esc50(noise: Noise) -> Esc50:
    """The noise clips that `noise.esc50` names; a zip is unpacked once into the user's cache."""
    source, expected = noise.esc50, noise.sha256
    if source.startswith(("http://", "https://")):
        # The params are refused when a URL comes without its sha256.
        wrong = f"but noise.sha256 is {expected}; correct it if you trust what the server sends now"
        return _unpacked(str(expected), download(source, str(expected), cache_folder(), "ESC-50", wrong))
    path = Path(source)
    if path.is_file():
        return _from_zip(path, expected)
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


def _from_zip(path: Path, expected: str | None) -> Esc50:
    found = sha256_of(path)
    if expected not in (None, found):
        raise DataError(f"{path} has the sha256 {found}, but noise.sha256 is {expected}; correct one of them")
    return _unpacked(found, nullcontext(path))


def _unpacked(sha256: str, archive: AbstractContextManager[Path]) -> Esc50:
    """What the zip holds; it is opened only where the cache has not all of it."""
    folder = cache_folder() / sha256
    if folder.exists():
        try:
            return read_esc50(folder)
        except DataError:
            # Files are gone from the cache, or an earlier version left some of them in the zip.
            shutil.rmtree(folder)
    with archive as path:
        unpack(path, folder)
    return read_esc50(folder)
