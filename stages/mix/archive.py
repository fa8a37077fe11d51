"""Unpacking ESC-50's zip, which may come from anywhere: nothing is written outside, nothing without bound."""

import errno
import shutil
import stat
import struct
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from stages.common.errors import DataError
from stages.mix.esc50 import TABLE

# ESC-50 unpacks to 0.9 GB, 1.4 times its zip.
LARGEST = 4 << 30
LARGEST_EXPANSION = 100


def unpack(archive: Path, into: Path) -> None:
    """Unpack the table and `audio/` to `into`, which appears when it is whole."""
    into.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=into.parent, prefix=".unpacking-"))
    try:
        with ZipFile(archive) as file:
            _refuse_unsafe(archive, file.infolist())
            for info, place in _members(archive, file.infolist()):
                (building / place).parent.mkdir(exist_ok=True)
                # ZipFile reads no more than the size that was checked, whatever follows in the file.
                with file.open(info) as packed, (building / place).open("xb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
        _publish(building, into)
    except (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error, OSError) as error:
        # A seek to before the file's begin is the zip's fault; a full disk is not.
        if isinstance(error, OSError) and error.errno not in (errno.EINVAL, errno.EEXIST):
            raise
        raise DataError(f"{archive} is no sound zip file ({error}); fetch it again") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _refuse_unsafe(archive: Path, members: list[ZipInfo]) -> None:
    for info in members:
        name = PurePosixPath(info.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in info.filename:
            raise DataError(f"{archive} is unsafe: it holds {info.filename!r}, which leads out of its folder")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError(f"{archive} is unsafe: {info.filename!r} is a link or device, not a file")
    size = sum(info.file_size for info in members)
    if size > min(LARGEST, LARGEST_EXPANSION * archive.stat().st_size):
        raise DataError(
            f"{archive} is unsafe: it unpacks to {size:,} bytes; allowed are {LARGEST:,}, "
            f"and {LARGEST_EXPANSION} times its own size"
        )


def _members(archive: Path, members: list[ZipInfo]) -> list[tuple[ZipInfo, PurePosixPath]]:
    tables = [name for info in members if (name := PurePosixPath(info.filename)).match(f"{TABLE}")]
    if len(tables) != 1:
        raise DataError(f"{archive} holds {len(tables)} files {TABLE}; expected ESC-50's zip, with one")
    root = tables[0].parents[1]
    found = []
    for info in members:
        name = PurePosixPath(info.filename)
        if name == tables[0] or (name.parent == root / "audio" and not info.is_dir()):
            found.append((info, name.relative_to(root)))
    return found


def _publish(building: Path, into: Path) -> None:
    try:
        building.rename(into)
    except OSError:
        # Another experiment unpacked the same bytes meanwhile.
        if not into.exists():
            raise
