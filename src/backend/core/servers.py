"""Where the server is: at its address, or wherever Sentinel or a Cluster says that it is now.

    redis://host:6379/0
    redis+sentinel://host:26379,host:26379,host:26379/home_security/0
    redis+cluster://host:7000,host:7001,host:7002

**Sentinel** is a set of small programs that watch a primary and its replicas, and make a replica
the primary when that one is gone. The URL has the addresses of the Sentinels, then the name under
which they know the primary, then the database. A password in the URL is that of the primary, and
of the Sentinels too if they want one.

**Cluster** is several servers that share all keys, by hash slot; each has replicas that can take
its place. The URL has the addresses of some of them. The namespace of the client has to be a hash
tag, such as `{home-7}:`. Then all its names have one slot, and one server is the right one for
all of them: scripts, blocking pops and messages work as they do on a single server.

So with both there is one right server at any time, and the only question is which. It is asked
whenever a connection is made. A server that is not the right one any more says so (READONLY, MOVED)
and has done nothing; then the connections to it are closed, and the call is made again.
While a slot moves, its calls are answered TRYAGAIN or ASK, and are made again until it has moved.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import ConnectionError

from backend.core.diagnosis import what_is_wrong_with

Address = tuple[str, int]

_DRIVER = DriverInfo()
"""What each connection tells the server of redis-py, read from redis-py's files once."""

_SENTINEL = re.compile(
    r"redis\+sentinel://(?P<user>[^@/]*@)?(?P<addresses>[^/?@]+)"
    r"/(?P<primary>[^/?@]+)(?P<rest>(/\d+)?(\?[^@]*)?)"
)
_CLUSTER = re.compile(
    r"redis\+cluster://(?P<user>[^@/]*@)?(?P<addresses>[^/?@]+)(/0?)?(?P<rest>(\?[^@]*)?)"
)
_HASH_TAG = re.compile(r"[^{]*\{[^}]+\}.*")


async def close_idle(pool: ConnectionPool) -> None:
    """Close the connections that are not in use: the next call makes one to the right server.

    Not `pool.disconnect(inuse_connections=False)`: while that waits for one to be closed, a call
    may take the next, and lose it under its hands.
    """
    idle, pool._available_connections = pool._available_connections, []
    await asyncio.gather(*(each.disconnect(nowait=True) for each in idle), return_exceptions=True)


class Guide(Protocol):
    """Somebody who knows where the right server is."""

    async def ask(self) -> Address:
        """Return where it is now; raise if nobody knows, or nobody answers."""

    async def aclose(self) -> None:
        """Close the connections on which it asks."""


class SentinelGuide:
    """Asks the Sentinels, one after the other until one knows."""

    def __init__(self, addresses: list[Address], primary: str, **options: Any) -> None:
        self._sentinel = Sentinel(addresses, sentinel_kwargs=options)
        self._addresses = addresses
        self._primary = primary

    async def ask(self) -> Address:
        """Return where the primary is, if the Sentinels take it for alive."""
        try:
            return await self._sentinel.discover_master(self._primary)
        except MasterNotFoundError:  # its text shows redis-py's objects, one for each Sentinel
            asked = ", ".join(f"{host}:{port}" for host, port in self._addresses)
            raise ConnectionError(
                f"no Sentinel that answers knows a living primary {self._primary!r}: {asked}"
            ) from None

    async def aclose(self) -> None:
        """Close the connections to the Sentinels."""
        await self._sentinel.aclose()


class ClusterGuide:
    """Asks a server of the cluster who has the slot of a namespace."""

    def __init__(self, addresses: list[Address], namespace: str, **options: Any) -> None:
        self._namespace = namespace
        self._cluster = RedisCluster(
            startup_nodes=[ClusterNode(*address) for address in addresses],
            require_full_coverage=False,  # one slot is ours
            **options,
        )

    async def ask(self) -> Address:
        """Return where the slot is, by the word of one of the servers that answer."""
        await self._cluster.nodes_manager.initialize()
        node = self._cluster.get_node_from_key(self._namespace)
        assert node is not None  # it is, of replicas alone
        return node.host, int(node.port)

    async def aclose(self) -> None:
        """Close the connections to the servers that were asked."""
        for nodes in ("startup_nodes", "nodes_cache"):
            await self._cluster.nodes_manager.aclose(nodes)


class FoundConnection(Connection):
    """A connection that asks where the right server is each time that it is made."""

    def __init__(self, *, find: Callable[[], Awaitable[Address]], **options: Any) -> None:
        super().__init__(**options)
        self._find = find

    async def _connect(self) -> None:
        self.host, self.port = await self._find()
        await super()._connect()  # type: ignore[no-untyped-call]


class Servers:
    """The right server for a client, by its URL.

    Args:
        url: one of the forms above, or any that redis-py knows.
        namespace: of the client.
        timeout: seconds that the client gives a server to let it in.

    Attributes:
        options: what the URL says besides the address: password, database, …

    Raises:
        ValueError: the URL is none of these, or the namespace is no hash tag, and has to be.
    """

    def __init__(self, url: str, *, namespace: str, timeout: float) -> None:
        self._url = url
        self._guide: Guide | None = None
        self._pool: ConnectionPool | None = None
        self._last: Address | None = None
        if not url.startswith("redis+"):
            self.options = _options(url)
            return
        parts = _SENTINEL.fullmatch(url) or _CLUSTER.fullmatch(url)
        if not parts:
            raise ValueError(
                "the URL is neither like redis+sentinel://host:26379,host:26379/primary_name/0 "
                "nor like redis+cluster://host:7000,host:7001"
            )
        self.options = _options(f"redis://{parts['user'] or ''}localhost{parts['rest']}")
        usual_port = 26379 if parts.re is _SENTINEL else 6379
        addresses = [_address(each, usual_port) for each in parts["addresses"].split(",")]
        # If one that is asked hangs, there has to be time to ask another.
        share = timeout / (len(addresses) + 1)
        asking = {
            "protocol": 2,
            "socket_timeout": share,
            "socket_connect_timeout": share,
            "retry": Retry(NoBackoff(), 0),
        }
        password = self.options.get("password")
        if parts.re is _SENTINEL:
            if password:  # with the name, also a Sentinel that wants no password takes it
                asking |= {"username": "default", "password": password}
            self._guide = SentinelGuide(addresses, parts["primary"], **asking)
            return
        if not _HASH_TAG.fullmatch(namespace):
            raise ValueError(
                "on a Cluster, the namespace has to be a hash tag, so that all keys of a queue "
                f"lie on one server: one like {{home-7}}: and not {namespace!r}"
            )
        login = {key: self.options[key] for key in self.options.keys() & {"username", "password"}}
        self._guide = ClusterGuide(addresses, namespace, **asking, **login)

    @property
    def is_cluster(self) -> bool:
        """Whether it is a server of a Cluster."""
        return isinstance(self._guide, ClusterGuide)

    def pool(self, **options: Any) -> ConnectionPool:
        """Return a pool of connections to the right server.

        Args:
            options: of the pool, and of its connections.
        """
        options["driver_info"] = _DRIVER
        if self._guide is None:
            return ConnectionPool.from_url(self._url, **options)
        self._pool = ConnectionPool(
            connection_class=FoundConnection, find=self._find, **{**self.options, **options}
        )
        return self._pool

    async def _find(self) -> Address:
        """Ask the guide. If it is another server than before, let go of that one."""
        assert self._guide is not None
        # In a task of its own: redis-py sends with `asyncio.wait_for`, which may swallow a
        # cancellation (Python 3.11). Ours would be lost, and a cancelled worker would go on.
        asking = asyncio.ensure_future(self._guide.ask())
        try:
            await asyncio.wait({asking})
        finally:
            asking.cancel()
            # It may have failed at this very moment. We look, or asyncio says that nobody did.
            asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        address = asking.result()
        before, self._last = self._last, address
        if self._pool and before not in (None, address):
            await close_idle(self._pool)
        return address

    async def aclose(self) -> None:
        """Close the connections to those who were asked. The pool is its client's to close."""
        if self._guide:
            await self._guide.aclose()


def _options(url: str) -> dict[str, Any]:
    """Return what a URL says, by redis-py's names.

    It is looked at first: redis-py would show a part of a password, or take it for a host.
    """
    if problem := what_is_wrong_with(url):
        raise ValueError(problem)
    return {**parse_url(url)}


def _address(text: str, port: int) -> Address:
    """Return host and port; `port` is what is meant where the text has none."""
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "localhost", parts.port or port
    except ValueError:  # it would show the text, which may be a piece of a password
        raise ValueError("an address in the redis+… URL is not HOST or HOST:PORT") from None
