"""Fetching a file whose bytes are known beforehand by their sha256."""

import hashlib
import http.client
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tqdm import tqdm

from stages.common.errors import DataError

# A server that sends without end must not fill the disk.
LARGEST = 4 << 30
PIECE = 1 << 20
SECONDS_OF_SILENCE = 60


@contextmanager
def download(url: str, sha256: str, folder: Path, label: str, wrong: str) -> Iterator[Path]:
    """The file behind a URL, checked; it is there while the block runs.

    `wrong` says, behind the sha256 that was found, why that won't do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".download.tmp") as file:
        path = Path(file.name)
        try:
            found = _fetch(url, path, label)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DataError(f"{url} can't be fetched ({error}); try again, or name a file") from None
        if found != sha256:
            raise DataError(f"{url} has the sha256 {found}, {wrong}")
        yield path


def _fetch(url: str, path: Path, label: str) -> str:
    digest, received = hashlib.sha256(), 0
    request = Request(url, headers={"User-Agent": "spoken-video-grounding"})
    with urlopen(request, timeout=SECONDS_OF_SILENCE) as answer, path.open("wb") as file:
        announced = int(answer.headers.get("Content-Length") or 0)
        with tqdm(total=announced or None, desc=label, unit="B", unit_scale=True, disable=None) as bar:
            while piece := answer.read(PIECE):
                received += len(piece)
                if received > LARGEST:
                    raise DataError(f"{url} sends more than {LARGEST >> 30} GiB; that is not {label}")
                digest.update(piece)
                file.write(piece)
                bar.update(len(piece))
    if received < announced:
        raise DataError(f"{url} was cut off after {received} of {announced} bytes; try again")
    return digest.hexdigest()
