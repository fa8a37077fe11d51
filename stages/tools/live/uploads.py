"""Videos and recordings that a page sends: read in pieces, told by their content, kept in its session."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import soundfile

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, UserError
from stages.tools.ask.opening import announced_length
from stages.tools.ask.speech import samples_of
from stages.tools.live.footage import Footage, by_name
from stages.tools.live.kinds import HEAD_BYTES, check_speech, video_type
from stages.tools.live.refusal import Refused, malformed
from stages.tools.live.session import Recording, Session

_PIECE = 1 << 16
_LONGEST_NAME = 80


@dataclass
class Body:
    """What follows a request's head."""

    stream: BufferedIOBase
    length: int | None
    taken: int = 0

    def size(self) -> int:
        """Its length, which must be known before it is read."""
        if self.length is None:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "the request does not say how long it is")
        return self.length

    def pieces(self) -> Iterator[bytes]:
        """All of it."""
        while left := self.size() - self.taken:
            piece = self.stream.read(min(_PIECE, left))
            if not piece:
                raise malformed(f"the connection broke off: {left} bytes are missing")
            self.taken += len(piece)
            yield piece


def take_video(session: Session, body: Body, name: str) -> dict[str, Any]:
    """Keep a video that can be opened as one."""
    with _received(session, body, session.limits.video_bytes, name, "video") as (path, called):
        content_type = video_type(_head(path), called)
        announced_length(path)
        video_id = secrets.token_urlsafe(12)
        session.videos[video_id] = Footage(path, called, content_type, body.size())
    return {"id": video_id, "name": called}


def take_speech(session: Session, body: Body, name: str) -> dict[str, Any]:
    """Keep a recording as plain wav; what browsers write is decoded once."""
    with _received(session, body, session.limits.speech_bytes, name, "recording") as (path, called):
        check_speech(_head(path), called)
        samples = samples_of(path)
        wav = path.with_suffix(".wav")
        soundfile.write(wav, samples, SAMPLE_RATE)
        path.unlink()
        speech_id = secrets.token_urlsafe(12)
        session.speech[speech_id] = Recording(wav, called, wav.stat().st_size)
    return {"id": speech_id, "name": called, "seconds": len(samples) / SAMPLE_RATE}


@contextmanager
def _received(session: Session, body: Body, most: int, name: str, what: str) -> Iterator[tuple[Path, str]]:
    """The upload in a file, which goes again if it is refused."""
    size = body.size()
    if not size:
        raise malformed(f"the {what} is empty")
    session.reserve(size, most, what)
    path = session.new_path()
    called = "".join(filter(str.isprintable, name)).strip()[:_LONGEST_NAME] or f"the {what}"
    try:
        with path.open("wb") as file:
            for piece in body.pieces():
                file.write(piece)
        yield path, called
    except UserError as error:
        path.unlink(missing_ok=True)
        if isinstance(error, Refused):
            raise
        raise DataError(by_name(error, path, called)) from None
    except FileNotFoundError:
        raise malformed(f"your files were removed before {called} had come") from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        session.release(size)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


TAKEN: dict[str, Callable[[Session, Body, str], dict[str, Any]]] = {
    "/api/videos": take_video,
    "/api/speech": take_speech,
}
