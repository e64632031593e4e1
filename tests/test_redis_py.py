"""What the project relies on in redis-py: the page docs/when_you_upgrade_redis_py.md is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
from tests.support import until

from private_redis import PrivateServer

ROOT = Path(__file__).parents[1]
PAGE = "docs/when_you_upgrade_redis_py.md"
ROWS = re.findall(
    r"^\| `(.+)` \| (src/\S+) \| .+ \| (tests/\S+)::(\w+) \|$",
    (ROOT / PAGE).read_text(),
    re.MULTILINE,
)


async def ping_after_the_server_has_closed_the_connection(url: str, *, protocol: int) -> None:
    pool = BlockingConnectionPool.from_url(url, protocol=protocol, retry=Retry(NoBackoff(), 0))
    async with Redis.from_pool(pool) as client, Redis.from_url(url) as admin:
        await client.ping()
        await admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

        async def is_alone() -> bool:
            return len(await admin.client_list()) == 1

        await until(is_alone)
        await client.ping()


async def test_resp3_still_hands_out_a_connection_that_the_server_has_closed(
    private_server: PrivateServer,
) -> None:
    try:
        await ping_after_the_server_has_closed_the_connection(private_server.url, protocol=3)
    except ConnectionError:
        return
    pytest.fail(
        'redis-py has mended its issue 4252. Remove the workaround: "protocol": 2 in '
        f"src/backend/core/redis.py, what {PAGE} says of it, and this test.",
        pytrace=False,
    )


async def test_resp2_notices_that_the_server_has_closed_a_connection(
    private_server: PrivateServer,
) -> None:
    await ping_after_the_server_has_closed_the_connection(private_server.url, protocol=2)


def test_the_page_has_a_row_for_each_line_of_its_table() -> None:
    lines = [line for line in (ROOT / PAGE).read_text().splitlines() if line.startswith("| `")]
    assert len(ROWS) == len(lines) > 10


@pytest.mark.parametrize(("text", "file", "tests", "test"), ROWS)
def test_what_the_page_lists_is_used_and_tested(
    text: str, file: str, tests: str, test: str
) -> None:
    assert text in (ROOT / file).read_text(), f"remove the row from {PAGE}, or correct it"
    assert f"def {test}(" in (ROOT / tests).read_text(), f"name another test in {PAGE}"
