"""Who may talk to the page: a browser on this machine that shows this page, and nobody else's page in it."""

import re
from email.message import Message
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from stages.tools.live.refusal import Refused

# Any port: it may be forwarded. Another name for this machine is a trick (DNS rebinding).
_OURS = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def check(headers: Message, method: str, is_page: bool) -> None:
    """Refuse a request that another site has made the browser send."""
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1 or not _OURS.fullmatch(hosts[0]):
        raise Refused(HTTPStatus.FORBIDDEN, "this page is for http://127.0.0.1 and http://localhost alone")
    # A link may lead here from anywhere; the rest of the requests are this page's own.
    navigates = is_page and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if not navigates and headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refused(HTTPStatus.FORBIDDEN, "another site asked for this")
    if method != "GET" and headers.get_all("Origin", []) != [f"http://{hosts[0]}"]:
        raise Refused(HTTPStatus.FORBIDDEN, f"expected a request of this page (Origin: http://{hosts[0]})")


def token_of(headers: Message) -> str | None:
    """The session's token, out of the cookie."""
    try:
        found = SimpleCookie(headers.get("Cookie", "")).get(_cookie_name(headers))
    except CookieError:
        return None
    return found.value if found else None


def cookie_of(headers: Message, token: str) -> str:
    """Kept until the browser closes; no script can read it, no other site makes it sent."""
    return f"{_cookie_name(headers)}={token}; HttpOnly; SameSite=Strict; Path=/"


def _cookie_name(headers: Message) -> str:
    # Browsers send the cookies of one port to all: two pages would take each other's.
    return f"live-{headers.get('Host', '').rpartition(':')[2]}"
