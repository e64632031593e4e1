"""Scripts that learn only in Redis which keys they need.

A script touches no key but those that are declared with it (KEYS). On one server that is good
manners. On a cluster it is what makes scripts safe: while a slot moves from one server to another,
a key that is not declared may look absent, and the script would go on as if there were none.

But whose processing lists there are, for one, Redis alone knows. So such a script (it includes
`declared_keys.lua`) looks first. If it needs keys that were not declared, it changes nothing and
answers with their names; then it is run again, with these as well. (It may remove a mark that
was wrong, before it asks: that is right in any case.)
"""

from collections.abc import Sequence
from typing import Any

from redis.exceptions import TryAgainError

from backend.core.redis import RedisClient
from backend.core.scripts import Script

ROUNDS = 10  # it needs two, and more only while consumers come and go


async def run_declaring(
    client: RedisClient,
    script: Script,
    keys: Sequence[str],
    *arguments: Any,
    known: set[str] | None = None,
) -> Any:
    """Run a script that includes `declared_keys.lua`. It may be sent again without harm.

    Args:
        client: a connected client.
        script: the script.
        keys: its first KEYS; those that it asks for are put behind them.
        arguments: its ARGV.
        known: keys that it has asked for the last time, and is likely to need again. Put right if
            it asks for others.

    Raises:
        TryAgainError: it asked for others each time.
    """
    more = set() if known is None else known
    for _ in range(ROUNDS):
        answer = await client.run(script, [*keys, *more], *arguments, repeat=True)
        if not (isinstance(answer, list) and answer[:1] == [b"declare"]):
            return answer
        names = (key.decode(errors="surrogateescape") for key in answer[1:])
        more.clear()
        more.update(name.removeprefix(client.namespace) for name in names)
    raise TryAgainError(
        f"{script.name}: consumers came and went each of {ROUNDS} times. Try again."
    )
