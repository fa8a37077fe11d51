"""What one browser has sent: in a folder of its own, under names that nobody guesses, for a while."""

import secrets
import shutil
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from stages.tools.live.footage import Footage
from stages.tools.live.refusal import Refused

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How much a session may leave here, and how long it may be idle."""

    video_bytes: int = 500 * MEGABYTE
    speech_bytes: int = 50 * MEGABYTE
    session_bytes: int = 1000 * MEGABYTE
    idle_seconds: float = 3600
    sessions: int = 100


@dataclass(frozen=True)
class Recording:
    """Speech as 16 kHz mono wav."""

    path: Path
    name: str
    size: int


@dataclass
class Session:
    """Files of one browser; nobody else's requests reach them."""

    folder: Path
    limits: Limits
    videos: dict[str, Footage] = field(default_factory=dict)
    speech: dict[str, Recording] = field(default_factory=dict)
    used: float = field(default_factory=time.monotonic)
    _coming: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, size: int, most: int, what: str) -> None:
        """Refuse an upload before any of it is read."""
        if size > most:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the {what} has {size / MEGABYTE:.1f} MB; the most is {most / MEGABYTE:g} MB",
            )
        with self._lock:
            held = sum(footage.size for footage in list(self.videos.values()))
            held += sum(recording.size for recording in list(self.speech.values()))
            if held + self._coming + size > self.limits.session_bytes:
                raise Refused(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"there are {held / MEGABYTE:.1f} MB of yours here, and the most is "
                    f"{self.limits.session_bytes / MEGABYTE:g} MB; press 'Forget my files'",
                )
            self._coming += size

    def release(self, size: int) -> None:
        """The upload has come, or has failed."""
        with self._lock:
            self._coming -= size

    def new_path(self) -> Path:
        """A place for a file; its name says nothing, not even what it is."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        return self.folder / secrets.token_urlsafe(16)

    def forget(self) -> None:
        """Remove all files, and stop describing them."""
        for footage in list(self.videos.values()):
            footage.give_up()
        self.videos.clear()
        self.speech.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sessions:
    """Sessions by their token, which is all that opens them."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self) -> str:
        """A new session's token; where there are too many, the one idle for longest ends."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._sessions) >= self.limits.sessions:
                self._end(min(self._sessions, key=lambda other: self._sessions[other].used))
            self._sessions[token] = Session(self.folder / secrets.token_urlsafe(16), self.limits)
        return token

    def get(self, token: str | None) -> Session | None:
        """The session, which is thereby used."""
        with self._lock:
            session = self._sessions.get(token or "")
            if session is not None:
                session.used = time.monotonic()
            return session

    def end_idle(self) -> None:
        """End those that nobody has used for long."""
        oldest = time.monotonic() - self.limits.idle_seconds
        with self._lock:
            for token in [token for token, session in self._sessions.items() if session.used < oldest]:
                self._end(token)

    def end_all(self) -> None:
        """End all of them."""
        with self._lock:
            for token in list(self._sessions):
                self._end(token)

    def _end(self, token: str) -> None:
        self._sessions.pop(token).forget()
