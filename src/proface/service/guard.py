"""Who may call, from where, and what every answer carries.

On this machine the service needs no token, but a web site that the user visits could send requests
to it too. The site cannot read the answers, because there is no CORS. The checks of ``Host`` and
``Origin`` also keep it from sending any, and from pretending to be this machine (DNS rebinding).
"""

import hmac
import ipaddress
import logging
import time
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Refusal
from .responses import send_refusal

_EVERYWHERE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_LOCAL_NAMES = ("localhost",)
_OPEN = ("/", "/healthz")
"""Paths without secrets that need no token: the empty page, and whether the service lives."""
_OPEN_FOLDER = "/static/"
_POLLED = ("/api/progress/", "/healthz")
"""Asked again and again, and therefore logged as debugging messages."""

_log = logging.getLogger("proface.service")


class Guard:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, token: str | None, hosts: Collection[str]) -> None:
        """Guard an application.

        Args:
            app: what is guarded.
            token: that every call must carry as ``Authorization: Bearer``; None for no such need.
            hosts: names besides this machine's own by which the service is called; with a token,
                none means any.
        """
        self._app = app
        self._token = token
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or hand it on; put the headers on its answer; log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def write(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            self._check(scope)
        except Refusal as refusal:
            await send_refusal(refusal, scope, receive, write)
        else:
            await self._app(scope, receive, write)
        finally:
            # The path alone: a careless client may have put anything into the query.
            milliseconds = 1000 * (time.perf_counter() - start)
            path = scope["path"] if scope["path"].isprintable() else "?"
            level = logging.DEBUG if path.startswith(_POLLED) else logging.INFO
            _log.log(level, "%s %s %d %.0f ms", scope["method"], path[:80], status, milliseconds)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if not self._knows(headers.get("host", "")):
            raise Refusal(
                403,
                "wrong-host",
                "the service is not called by this name; whoever runs it can allow the name with "
                "--allow-host",
            )
        if _is_from_elsewhere(headers):
            raise Refusal(403, "other-site", "another web site may not use this service")
        if scope["query_string"]:
            raise Refusal(
                400, "query", "nothing is taken from the address's query; send fields in the body"
            )
        path = scope["path"]
        if self._token is None or path in _OPEN or path.startswith(_OPEN_FOLDER):
            return
        kind, _, given = headers.get("authorization", "").partition(" ")
        expected = self._token.encode()
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
            raise Refusal(
                401,
                "token",
                "this service needs its access token, as the header Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )

    def _knows(self, host: str) -> bool:
        name = _name(host)
        if name in self._hosts or is_local(name):
            return True
        return self._token is not None and not self._hosts


def is_local(host: str) -> bool:
    """Whether a name or address is this machine's own, which nobody else can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def _name(host: str) -> str:
    """The name in a ``Host`` header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site makes this request."""
    # A link may lead here; it is a GET, and sends nothing. A form that does so names its origin.
    same = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    if not same and headers.get("sec-fetch-mode") != "navigate":
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _add(headers: MutableHeaders, path: str) -> None:
    for name, value in _EVERYWHERE.items():
        headers[name] = value
    headers["Cache-Control"] = "no-cache" if path.startswith(_OPEN_FOLDER) else "no-store"
