"""A Redis server that lives exactly as long as the program that started it.

    with PrivateServer() as server:
        client = redis.Redis.from_url(server.url)

It knows nothing of the other packages here, and can be copied into another project as it is.

    server.py      PrivateServer: start, stop, kill, pause, resume
    program.py     which server program is started
    several.py     SentinelSet, Cluster: several servers, as Redis itself goes beyond one
    lifetime.py    start a program that ends with this one, whatever ends this one
    supervisor.py  the small program between the two, which sees to that
    errors.py      what goes wrong, said for the reader
"""

from private_redis.errors import PlainError, RedisUnavailable
from private_redis.lifetime import Supervised
from private_redis.program import OLDEST_SERVER, find_server, server_version
from private_redis.server import PrivateServer, client_without_retries

__all__ = [
    "OLDEST_SERVER",
    "PlainError",
    "PrivateServer",
    "RedisUnavailable",
    "Supervised",
    "client_without_retries",
    "find_server",
    "server_version",
]
