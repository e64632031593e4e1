"""Who may ask the web application, and what every answer says to the browser.

The dashboard has no login: it is for this machine, or stands behind a proxy that has one. So a web
page from elsewhere must not reach it. Two headers tell, and browsers let no page forge them:

* `Host`: the name in the address bar. A foreign page can give our address a name of its own (DNS
  rebinding). So names are refused that are not known here. An address in digits cannot be forged,
  nor can a name without a dot, such as a service of Compose has: nobody can register one.
* `Origin`: the page that opens a WebSocket. It has to be our own, or one of the known names.
"""

import ipaddress
import logging
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

logger = logging.getLogger(__name__)

POLICY_VIOLATION = 1008
DEFAULT_PORTS = {"http": 80, "https": 443}

# The page runs its own script and no other, talks to its own server and no other, and may be
# shown in a frame by pages of this machine (JupyterLab), by VS Code's own pages, and no other.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* vscode-webview: vscode-file:",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Guard:
    """An ASGI middleware that refuses foreign hosts and origins, and adds the headers.

    Args:
        app: the application.
        allowed_hosts: names under which it may be asked, beside local names and addresses in
            digits; pages on these hosts may open its WebSocket. "*" allows all.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._allowed = {name.lower().rstrip(".") for name in allowed_hosts}
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._knows(host):
            self._tell(f"refused a request for the host {host[:100]!r}: see allowed hosts")
            await _refuse(scope, receive, send, 400, "Invalid host header")
        elif scope["type"] == "websocket" and not self._is_welcome(origin, host, scope):
            self._tell(f"refused a WebSocket of a page of {str(origin)[:100]!r}: see allowed hosts")
            await _refuse(scope, receive, send, 403, "foreign origin")
        else:
            await self._pass_on(scope, receive, send)

    def _knows(self, host: str) -> bool:
        name = (_split(f"//{host}").hostname or "").rstrip(".")
        is_local = "." not in name or _is_address(name)
        return bool(name) and (is_local or name in self._allowed or "*" in self._allowed)

    def _is_welcome(self, origin: str | None, host: str, scope: Scope) -> bool:
        if origin is None:  # no browser: it could say anything, so that is no protection
            return True
        page = _split(origin)
        if page.scheme not in DEFAULT_PORTS or not page.hostname:
            return False
        if "*" in self._allowed or page.hostname.rstrip(".") in self._allowed:
            return True
        scheme = "https" if scope["scheme"] in ("https", "wss") else page.scheme
        own = _split(f"{scheme}://{host}")
        return (page.hostname, _port(page)) == (own.hostname, _port(own))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = scope.get("method") == "HEAD"  # a GET of which the content is not sent
        if head:
            scope = {**scope, "method": "GET"}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _tell(self, what: str) -> None:
        """Log a refusal, once: whoever knocks again and again must not fill the log."""
        if what not in self._told and len(self._told) < 100:
            self._told.add(what)
            logger.warning("%s", what)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(POLICY_VIOLATION, why)(scope, receive, send)  # the browser sees a 403
    else:
        await PlainTextResponse(why, status, headers=HEADERS)(scope, receive, send)


def _split(url: str) -> SplitResult:
    """Split a URL; one that cannot be split has no parts."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises, if it is no number
    except ValueError:
        return urlsplit("")
    return parts


def _port(url: SplitResult) -> int | None:
    return url.port or DEFAULT_PORTS.get(url.scheme)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
