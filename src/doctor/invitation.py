"""`python -m course invite NAME`: a user of a shared Redis, with the rights that lessons need.

It asks no server and keeps nothing: the owner gets a rule to paste, and the learner a URL.
"""

from __future__ import annotations

import os
import re
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from backend.core.diagnosis import what_is_wrong_with
from private_redis import PlainError

ON_KEYS = ["keyspace", "string", "list", "hash", "set", "sortedset", "transaction"]
"""Kinds of commands: all of them, on one's own keys, for an answer may go another way than ours."""
WITHOUT_KEYS = [
    *("ping", "echo", "time", "info", "select"),
    *("eval", "evalsha", "script|load"),
    *("publish", "subscribe", "unsubscribe", "pubsub|channels", "pubsub|numsub"),
]
"""The other commands that the lessons send. SCAN is among the kinds; it names the keys of all."""
HEARD = "security_events"
"""The one name of others that a lesson uses: 04 listens to the channel as it is written."""


class NoInvitation(PlainError, ValueError):
    """Nobody can be invited like this. The message says why."""


def invite(name: str) -> None:
    """Print, for the owner of a shared Redis, the rule of a learner's user, and the learner's URL.

    The URL is that of REDIS_URL with another login; without REDIS_URL, it has a HOST to fill in.

    Raises:
        NoInvitation: the name is not fit for a user, or REDIS_URL cannot be read.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise NoInvitation(
            "A name has 1 to 31 small letters, digits and hyphens, and begins with a letter: "
            f"{name!r} has not."
        )
    server = os.environ.get("REDIS_URL") or "redis://HOST:6379/0"
    if problem := what_is_wrong_with(server):
        raise NoInvitation(problem)
    user, password = f"learner-{name}", secrets.token_urlsafe(24)
    print(f"For you. Paste this at the prompt of redis-cli:\n\n{rule(user, password)}\n")
    print("For the learner. The password stands here and nowhere else:\n")
    print(f"REDIS_URL={url(server, user, password)}")


def rule(user: str, password: str) -> str:
    """Return the ACL rule of a user, who gets exactly these rights. It hides the password."""
    names = [f"{kind}{first}:{user}:*" for kind in "~&" for first in ("course", "example")]
    kinds = [*(f"+@{kind}" for kind in ON_KEYS), "-@dangerous"]  # FLUSHALL, for one, is of a kind
    allowed = [*kinds, *(f"+{command}" for command in WITHOUT_KEYS)]
    secret = f"#{sha256(password.encode()).hexdigest()}"
    listen = f"(+subscribe &{HEARD})"
    return " ".join(["ACL SETUSER", user, "reset on", secret, *names, *allowed, listen])


def url(server: str, user: str, password: str) -> str:
    """Return the URL of a server with another login, and without the options of the first."""
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{host}", query="").geturl()
