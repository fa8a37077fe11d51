"""Which bytes of a file a player wants: without that it can't go to a moment."""

import re
from http import HTTPStatus

from stages.tools.live.refusal import Refused

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last; None: the whole file. Several ranges are not served."""
    match = _ONE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        raise Refused(status, f"the file has {size} bytes", **{"Content-Range": f"bytes */{size}"})
    return start, stop
