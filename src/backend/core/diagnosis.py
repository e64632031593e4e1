"""Say in plain words why a Redis cannot be used. No password ever gets into these words."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import redis
from redis.connection import parse_url

from backend.core.suitable import UnsuitableServer

OPTIONS = r"db|username|password|client_name|health_check_interval|socket_keepalive|ssl_\w+"
OPTIONS_IN_WORDS = (
    "db, username, password, client_name, health_check_interval, socket_keepalive or ssl_…"
)
"""What a URL may set. The rest, such as timeouts and decoding, RedisClient decides itself."""


def describe(url: str) -> str:
    """Return where a readable URL leads, without its password: `localhost:6379, database 0`."""
    if url.startswith("redis+"):  # of several servers: see `backend.core.servers`
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
    parts: dict[str, Any] = parse_url(url)
    path = parts.get("path")
    place = f"the socket {path}" if path else _host_and_port(parts)
    user = f", user {parts['username']}" if parts.get("username") else ""
    return f"{place}, database {parts.get('db', 0)}{user}"


def _host_and_port(parts: dict[str, Any]) -> str:
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 6379)}"


def what_is_wrong_with(url: str) -> str | None:
    """Return why `url` is not the URL of a Redis and how to write one, or None if it is.

    A URL that cannot be read may hold a password anywhere, so no part of it is shown.
    """
    if problem := _flaw(url):
        return (
            f"The Redis URL cannot be read: {problem}. Write it as redis://HOST:PORT/DATABASE, "
            "or redis://:PASSWORD@HOST:PORT/DATABASE. In a password, write each of the "
            "characters : / ? # @ % as its %-code (@ as %40)."
        )
    return None


def _flaw(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix"):
            return "it does not begin with redis://, rediss:// or unix://"
        port = parts.port
    except ValueError:
        return "its host or port is not well formed"
    try:  # redis-py would pass over an option without a value: half of a password, for one
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        return "what follows its ? is not of the form OPTION=VALUE"
    if not all(value for _, value in options):
        return "an option after its ? has no value"
    if any(not re.fullmatch(OPTIONS, name) for name, _ in options):
        return f"after its ? only these options may stand: {OPTIONS_IN_WORDS}"
    if port == 0:
        return "its port is 0"
    if parts.scheme == "unix" and not parts.path:
        return "it names no socket file"
    before, at, _ = f"{parts.netloc}{parts.path}".rpartition("@")
    if parts.scheme == "unix" and f"{before}{at}" != parts.netloc:
        return "its socket file is not well formed"
    if parts.fragment or (parts.scheme != "unix" and not re.fullmatch(r"/?[0-9]*", parts.path)):
        return "what follows the host is not the number of a database"
    try:
        # Connects to nothing yet.
        redis.Redis.from_url(url, driver_info=None).connection_pool.make_connection()
    except (TypeError, ValueError):
        return "an option after its ? is not known, or has a value of the wrong kind"
    return None


class _Failure(NamedTuple):
    """What came back, to be told apart."""

    error: BaseException
    chain: list[BaseException]
    """The error, and what led to it."""
    secure: bool
    """Whether the URL asks for TLS."""


_Test = Callable[[_Failure], bool]


def _is(*kinds: type[BaseException], saying: str = "") -> _Test:
    return lambda failure: isinstance(failure.error, kinds) and saying in str(failure.error)


def _comes_from(*kinds: type[BaseException]) -> _Test:
    return lambda failure: any(isinstance(cause, kinds) for cause in failure.chain)


def _over_tls(test: _Test) -> _Test:
    return lambda failure: failure.secure and test(failure)


def _is_broken_handshake(failure: _Failure) -> bool:
    return _comes_from(ssl.SSLError)(failure) or "handshake" in " ".join(map(str, failure.chain))


def _is_broken_off(failure: _Failure) -> bool:
    broken = _comes_from(ConnectionResetError, BrokenPipeError)(failure)
    return broken or "closed by server" in str(failure.error)


# The first that fits is told: what came back, and what to do. {text} is what the error says,
# {timeout} the seconds that were waited, {port} the advice for what may be another server's port.
_CAUSES: list[tuple[_Test, str, str]] = [
    (
        _is(redis.AuthenticationError, saying="HELLO must be called"),
        "it wants a password, and the URL has none",
        "Put it into the URL: redis://:PASSWORD@HOST:PORT/DATABASE",
    ),
    (
        _is(redis.AuthenticationError),
        "it refused the user name or the password",
        "Correct them in the URL; characters such as @ and / are written as %40 and %2F",
    ),
    (
        _is(redis.exceptions.NoPermissionError),
        "it lets us in, but not work: {text}",
        "Ask the person who runs it for the permission, or use another user or database",
    ),
    (
        _is(UnsuitableServer),
        "it is no server for us: {text}",
        "Correct the URL",
    ),
    (
        _is(Exception, saying="DB index is out of range"),
        "it has no database of this number",
        "Use a smaller number at the end of the URL: 0 always exists",
    ),
    (
        _is(redis.BusyLoadingError),
        "it is still loading its data from disk",
        "Wait until it has finished, then run this again",
    ),
    (
        _is(Exception, saying="max number of clients"),
        "it has no room for another client (its setting maxclients)",
        "Close clients that are not needed, or use another server",
    ),
    (
        _is(Exception, saying="protected mode"),
        "it runs in protected mode and accepts local clients only",
        "Give it a password, or use a server on this machine",
    ),
    (_is(redis.InvalidResponse), "what answers there does not speak Redis", "{port}"),
    (
        _comes_from(socket.gaierror, UnicodeError),
        "no machine of this name was found",
        "Check the spelling of the host, and the network",
    ),
    (
        _over_tls(_comes_from(ssl.SSLCertVerificationError)),
        "its TLS certificate is not trusted here",
        "Add ?ssl_ca_certs=FILE to the URL, with the certificate of its authority",
    ),
    (
        _over_tls(_is_broken_handshake),
        "the TLS handshake failed",
        "If the server does not use TLS, begin the URL with redis://",
    ),
    (
        _over_tls(_is(redis.TimeoutError)),
        "no answer within {timeout:g} s",
        "If the server does not use TLS, begin the URL with redis://; if it does, it may hang",
    ),
    (
        _is(redis.TimeoutError),
        "no answer within {timeout:g} s",
        "It may hang, or a firewall may be in between: check the server and the host",
    ),
    (
        _comes_from(ConnectionRefusedError),
        "the connection was refused, so nothing listens there",
        "Start the server, or correct the host and port",
    ),
    (
        _comes_from(FileNotFoundError, PermissionError),
        "the socket file does not exist or may not be opened",
        "Start the server, or correct the path",
    ),
    (
        _is_broken_off,
        "it closed the connection without an answer",
        "It is no Redis, or it does not want this client. {port}",
    ),
    (lambda _: True, "{kind}: {text}", "Check that the URL leads to a Redis server"),
]


def diagnose(url: str, error: BaseException, timeout: float) -> str:
    """Say what was tried, what came back and what to do.

    Args:
        url: a URL that can be read: see `what_is_wrong_with`.
        error: what redis-py raised.
        timeout: seconds that the server had to answer.
    """
    failure = _Failure(error, _chain(error), secure=urlsplit(url).scheme == "rediss")
    came, remedy = next((came, remedy) for test, came, remedy in _CAUSES if test(failure))
    port = "Check the port"
    if not failure.secure:
        port += "; if the server wants TLS, begin the URL with rediss://"
    kind, text = type(error).__name__, _without_password(str(error), url)
    told = f"{came}. {remedy}.".format(
        kind=kind, text=text.removesuffix("."), timeout=timeout, port=port
    )
    return f"Tried Redis at {describe(url)}: {told}"


def _chain(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _without_password(text: str, url: str) -> str:
    if url.startswith("redis+"):
        login, at, rest = url.partition("://")[2].rpartition("@")
        url = f"redis://{login}{at}localhost?{rest.partition('?')[2]}"
    password = parse_url(url).get("password")
    return text.replace(password, "…") if password else text
