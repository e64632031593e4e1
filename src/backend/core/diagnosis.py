"""Say in plain words why a Redis cannot be used. No password ever gets into these words."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import redis
from redis.connection import parse_url


def describe(url: str) -> str:
    """Return where a readable URL leads, without its password: `localhost:6379, database 0`."""
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
        redis.Redis.from_url(url).connection_pool.make_connection()  # connects to nothing yet
    except (TypeError, ValueError):
        return "an option after its ? is not known, or has a value of the wrong kind"
    return None


def diagnose(url: str, error: BaseException, timeout: float) -> str:
    """Say what was tried, what came back and what to do."""
    text = str(error)
    causes = _chain(error)
    secure = urlsplit(url).scheme == "rediss"
    wrong_speech = (
        "Check the port"
        if secure
        else "Check the port; if the server wants TLS, begin the URL with rediss://"
    )

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if isinstance(error, redis.AuthenticationError) and "HELLO must be called" in text:
        came = "it wants a password, and the URL has none"
        remedy = "Put it into the URL: redis://:PASSWORD@HOST:PORT/DATABASE"
    elif isinstance(error, redis.AuthenticationError):
        came = "it refused the user name or the password"
        remedy = "Correct them in the URL; characters such as @ and / are written as %40 and %2F"
    elif isinstance(error, redis.exceptions.NoPermissionError):
        came = f"it lets us in, but not work: {text}"
        remedy = "Ask the person who runs it for the permission, or use another user or database"
    elif "DB index is out of range" in text:
        came = "it has no database of this number"
        remedy = "Use a smaller number at the end of the URL: 0 always exists"
    elif isinstance(error, redis.BusyLoadingError):
        came = "it is still loading its data from disk"
        remedy = "Wait until it has finished, then run this again"
    elif "max number of clients" in text:
        came = "it has no room for another client (its setting maxclients)"
        remedy = "Close clients that are not needed, or use another server"
    elif "protected mode" in text:
        came = "it runs in protected mode and accepts local clients only"
        remedy = "Give it a password, or use a server on this machine"
    elif isinstance(error, redis.InvalidResponse):
        came = "what answers there does not speak Redis"
        remedy = wrong_speech
    elif caused_by(socket.gaierror, UnicodeError):
        came = "no machine of this name was found"
        remedy = "Check the spelling of the host, and the network"
    elif secure and caused_by(ssl.SSLCertVerificationError):
        came = "its TLS certificate is not trusted here"
        remedy = "Add ?ssl_ca_certs=FILE to the URL, with the certificate of its authority"
    elif secure and (caused_by(ssl.SSLError) or "handshake" in " ".join(map(str, causes))):
        came = "the TLS handshake failed"
        remedy = "If the server does not use TLS, begin the URL with redis://"
    elif isinstance(error, redis.TimeoutError):
        came = f"no answer within {timeout:g} seconds"
        remedy = "It may hang, or a firewall may be in between: check the server and the host"
    elif caused_by(ConnectionRefusedError):
        came = "the connection was refused, so nothing listens there"
        remedy = "Start the server, or correct the host and port"
    elif caused_by(FileNotFoundError, PermissionError):
        came = "the socket file does not exist or may not be opened"
        remedy = "Start the server, or correct the path"
    elif caused_by(ConnectionResetError, BrokenPipeError) or "closed by server" in text:
        came = "it closed the connection without an answer"
        remedy = f"It is no Redis, or it does not want this client. {wrong_speech}"
    else:
        came = f"{type(error).__name__}: {_without_password(text, url)}"
        remedy = "Check that the URL leads to a Redis server"
    return f"Tried Redis at {describe(url)}: {came}. {remedy}."


def _chain(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _without_password(text: str, url: str) -> str:
    password = parse_url(url).get("password")
    return text.replace(password, "…") if password else text
