"""The genuine library for the tests: the pipeline's own, or fetched as the pipeline fetches it."""

import tempfile
from pathlib import Path

from stages.common.artifacts import written_whole
from stages.deepspeech.wheel import fetch_wheel, library_in
from tests.paths import ROOT


def library() -> Path:
    """Where it lies."""
    for folder in ("data", "build"):
        path = ROOT / folder / "deepspeech/libdeepspeech.so"
        if path.exists() and path.stat().st_size:
            return path
    with tempfile.TemporaryDirectory() as folder, written_whole(path) as temporary:
        temporary.write_bytes(library_in(fetch_wheel(Path(folder))))
    return path
