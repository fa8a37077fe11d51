"""Which request gets which reply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from stages.tools.live import api, guard
from stages.tools.live.refusal import Refused, unknown
from stages.tools.live.room import Room
from stages.tools.live.session import Session
from stages.tools.live.uploads import TAKEN, Body
from stages.tools.page.files import page_files

STATIC = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Only these files are served; no path is ever made from a request.
PAGE = "/"
ASSETS = {f"/{name}": path for name, path in page_files(STATIC).items() if path.suffix in _TYPES}
ASSETS[PAGE] = ASSETS.pop("/index.html")


@dataclass(frozen=True)
class Reply:
    """What is sent: bytes, or a file."""

    content: bytes | Path
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(content: object, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Reply:
    """Plain types."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return Reply(text.encode(errors="replace"), "application/json; charset=utf-8", status, headers)


def reply_to(room: Room, method: str, address: str, headers: Message, body: Body) -> Reply:
    """The reply; `Refused` and other errors for the user say what is wrong."""
    parts = urlsplit(address)
    path, query = parts.path, dict(parse_qsl(parts.query))
    guard.check(headers, method, path == PAGE)
    token = guard.token_of(headers)
    session = room.sessions.get(token)
    if method == "GET" and path in ASSETS:
        return _asset(room, path, headers, session)
    if session is None:
        raise Refused(HTTPStatus.FORBIDDEN, "this page's session has ended; load the page again")
    if method == "GET":
        return _shown(room, session, path, query)
    if path in TAKEN:
        return as_json(TAKEN[path](session, body, query.get("name", "")))
    if path in api.CALLS:
        return as_json(api.CALLS[path](room, session, api.parsed(body)))
    raise unknown("address", path)


def _asset(room: Room, path: str, headers: Message, session: Session | None) -> Reply:
    file = ASSETS[path]
    begins = path == PAGE and session is None
    cookie = {"Set-Cookie": guard.cookie_of(headers, room.sessions.begin())} if begins else {}
    return Reply(file.read_bytes(), f"{_TYPES[file.suffix]}; charset=utf-8", headers=cookie)


def _shown(room: Room, session: Session, path: str, query: dict[str, str]) -> Reply:
    if path == "/api/room":
        return as_json(api.room_facts(room, session))
    folder, _, name = path.removeprefix("/").partition("/")
    if folder == "video":
        footage = room.footage(session, unquote(name))
        return Reply(footage.path, footage.content_type)
    if folder == "speech":
        return Reply(api.heard(room, session, unquote(name), query), "audio/wav")
    raise unknown("address", path)
