"""What the tests of the course share."""

from __future__ import annotations

import pytest
import redis
from tests.support import SECRET

from private_redis import PrivateServer


@pytest.fixture
def locked_server(private_server: PrivateServer) -> PrivateServer:
    """A server that wants a password, and has a user who may do nothing."""
    with redis.Redis.from_url(private_server.url) as client:
        client.acl_setuser("guest", enabled=True, passwords=[f"+{SECRET}"])
        client.config_set("requirepass", SECRET)
    return private_server
