"""The reply to a request that the page can't have."""

from http import HTTPStatus

from stages.common.errors import UserError


class Refused(UserError):
    """One line for the page, with its HTTP status."""

    def __init__(self, status: HTTPStatus, line: str, **headers: str) -> None:
        super().__init__(line)
        self.status, self.headers = status, headers


def unknown(what: str, name: object) -> Refused:
    """There is no such thing, or it belongs to somebody else: that makes no difference."""
    return Refused(HTTPStatus.NOT_FOUND, f"there is no {what} {str(name)[:80]!r} here; load the page again")


def malformed(line: str) -> Refused:
    """The request is not what it should be."""
    return Refused(HTTPStatus.BAD_REQUEST, line)
