"""HTTP around the room: on the loopback alone, one thread a connection, one line for what goes wrong."""

import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from stages.common.errors import ParamsError, UserError
from stages.tools.live import guard
from stages.tools.live.ranges import range_of
from stages.tools.live.refusal import Refused
from stages.tools.live.room import Room
from stages.tools.live.routes import Reply, as_json, reply_to
from stages.tools.live.uploads import Body

ADDRESS = "127.0.0.1"
# What is read of a refused upload, so that the browser gets to hear why.
_READ_ANYWAY = 1 << 24
_PIECE = 1 << 16


class LiveServer(ThreadingHTTPServer):
    """Serves a room; port 0 is any free one."""

    daemon_threads = True

    def __init__(self, port: int, room: Room) -> None:
        self.room = room
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise ParamsError(
                f"port {port} of {ADDRESS} can't be had ({error.strerror}); choose another by --port"
            ) from None

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: LiveServer
    protocol_version = "HTTP/1.1"
    # Seconds of silence, after which a connection is closed.
    timeout = 60

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def _answer(self) -> None:
        said = self.headers.get("Content-Length", "")
        body = Body(self.rfile, int(said) if said.isascii() and said.isdigit() else None)
        try:
            try:
                self._send(reply_to(self.server.room, self.command, self.path, self.headers, body))
            except Refused as refused:
                self._send(as_json({"error": str(refused)}, refused.status, **refused.headers))
            except UserError as error:
                self._send(as_json({"error": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY))
            self._finish(body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            traceback.print_exc()
            self.close_connection = True
            line = "something went wrong here; the terminal says what"
            with suppress(OSError):
                self._send(as_json({"error": line}, HTTPStatus.INTERNAL_SERVER_ERROR))

    def _send(self, reply: Reply) -> None:
        with _opened(reply.content) as file:
            size = file.seek(0, 2)
            wanted = None
            if reply.status == HTTPStatus.OK and self.command == "GET":
                wanted = range_of(self.headers.get("Range"), size)
            start, stop = wanted or (0, size)
            fields = {"Content-Type": reply.content_type, "Content-Length": str(stop - start)}
            if self.command == "GET":
                fields["Accept-Ranges"] = "bytes"
            if wanted:
                fields["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
            status = HTTPStatus.PARTIAL_CONTENT if wanted else reply.status
            self._head(status, {**fields, **guard.HEADERS, **reply.headers})
            file.seek(start)
            for place in range(start, stop, _PIECE):
                self.wfile.write(file.read(min(_PIECE, stop - place)))

    def _head(self, status: HTTPStatus, fields: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()

    def _finish(self, body: Body) -> None:
        """What was not read of a request would be taken for the next one."""
        left = (body.length or 0) - body.taken
        if left or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            with suppress(OSError):
                while (
                    left > 0 and body.taken < _READ_ANYWAY and (piece := self.rfile.read(min(_PIECE, left)))
                ):
                    body.taken += len(piece)
                    left -= len(piece)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the standard library refuses by itself: unknown methods, broken requests."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(as_json({"error": f"the request can't be answered ({status.phrase})"}, status))

    def version_string(self) -> str:
        return "live"

    def log_message(self, *_: object) -> None:
        """The terminal is for errors."""


def _opened(content: bytes | Path) -> AbstractContextManager[BinaryIO]:
    return BytesIO(content) if isinstance(content, bytes) else content.open("rb")
