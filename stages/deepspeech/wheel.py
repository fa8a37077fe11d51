"""The published wheel of deepspeech 0.9.3: fetched by pip or named by the user, and held to its sha256."""

import zipfile
from pathlib import Path

from stages.common.artifacts import sha256_of
from stages.common.errors import DataError, missing
from stages.common.pip_download import fetch

VERSION = "0.9.3"
SHA256 = "e2e7295ba4997ab86b4fb1bd7a784319dfcdb508ce26638063515334c11fa05a"
# Of the sixteen wheels any one for Linux would do: the library in them knows nothing of Python.
PYTHON, PLATFORM = "39", "manylinux1_x86_64"
LIBRARY = "deepspeech/lib/libdeepspeech.so"


def fetch_wheel(folder: Path) -> Path:
    """Have pip fetch the wheel into `folder`."""
    return fetch(
        f"deepspeech=={VERSION}", SHA256, folder,
        ["--only-binary=:all:", "--python-version", PYTHON, "--platform", PLATFORM, "--implementation", "cp"],
        f"without a network, fetch the wheel for cp{PYTHON} and {PLATFORM} elsewhere and name it in "
        "asr.wheel",
    )  # fmt: skip


def library_in(wheel: Path) -> bytes:
    """The library in the wheel, which must be the published one."""
    if not wheel.is_file():
        raise DataError(
            f"asr.wheel: {wheel} {missing(wheel)}; expected the wheel of deepspeech {VERSION} there"
        )
    found = sha256_of(wheel)
    if found != SHA256:
        raise DataError(
            f"{wheel} has the sha256 {found}, the published wheel of deepspeech {VERSION} for cp{PYTHON} and "
            f"{PLATFORM} has {SHA256}; fetch that one"
        )
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(LIBRARY)
