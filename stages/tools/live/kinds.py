"""What a file is, by its first bytes.

FFmpeg also reads playlists, which name other files and addresses. So it is given only what begins as
a recording does.
"""

import re
from dataclasses import dataclass

from stages.common.errors import DataError

HEAD_BYTES = 512


@dataclass(frozen=True)
class Kind:
    """A format; `shown_as` is its content type where it can hold a video."""

    name: str
    begins: re.Pattern[bytes]
    shown_as: str | None = None


def _kind(name: str, begins: bytes, shown_as: str | None = None) -> Kind:
    return Kind(name, re.compile(begins, re.DOTALL), shown_as)


KINDS = (
    _kind("MP4", rb"....ftyp", "video/mp4"),
    _kind("QuickTime", rb"....(moov|mdat|wide|free|skip)", "video/quicktime"),
    _kind("WebM or Matroska", rb"\x1a\x45\xdf\xa3", "video/webm"),
    _kind("AVI", rb"RIFF....AVI ", "video/x-msvideo"),
    _kind("MPEG-TS", rb"\x47.{187}\x47", "video/mp2t"),
    _kind("MPEG-PS", rb"\x00\x00\x01\xba", "video/mpeg"),
    _kind("Ogg", rb"OggS", "video/ogg"),
    _kind("WAV", rb"(RIFF|RF64)....WAVE"),
    _kind("FLAC", rb"fLaC"),
    _kind("MP3 or AAC", rb"ID3|\xff[\xe2-\xff]"),
    _kind("AIFF", rb"FORM....AIF"),
    _kind("AMR", rb"#!AMR"),
)


def video_type(head: bytes, name: str) -> str:
    """The content type of a video."""
    kind = _of(head)
    if kind is None or kind.shown_as is None:
        found = "of no kind that is known here" if kind is None else f"sound ({kind.name})"
        known = ", ".join(kind.name for kind in KINDS if kind.shown_as)
        raise DataError(f"{name} is {found}; expected a video: {known}")
    return kind.shown_as


def check_speech(head: bytes, name: str) -> None:
    """Refuse what is no recording; a video's sound is one."""
    if _of(head) is None:
        known = ", ".join(kind.name for kind in KINDS)
        raise DataError(f"{name} is of no kind that is known here; expected a recording: {known}")


def _of(head: bytes) -> Kind | None:
    return next((kind for kind in KINDS if kind.begins.match(head)), None)
