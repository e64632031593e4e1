"""A namespace of one's own, on a server that others use too."""

import re
import secrets


def new_namespace(first: str, url: str | None) -> str:
    """Return a namespace that no other program has, as `course:1a2b3c4d:`.

    When the URL names a user, so does the namespace: `course:dana:1a2b3c4d:`. Then the rights of a
    user can end where the names of others begin.
    """
    user = re.match(r"[a-z+]+://([\w.-]+)(?::[^@/]*)?@", url or "")
    return ":".join([first, *(user.groups() if user else ()), secrets.token_hex(4), ""])
