"""The same client and the same queue, with Sentinel and on a Cluster: real ones, on loopback."""

from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis import exceptions
from tests.moving_slots import move_slot
from tests.support import hear, until

from backend import pipeline
from backend.core.dead_letters import DeadLetters
from backend.core.fan_out import FanOut
from backend.core.push import add_to_queue_safe
from backend.core.queue_state import queue_state
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue, queue_counts
from backend.core.replicas import NotPassedOn
from backend.core.servers import Address, Servers
from backend.tools import dlq
from private_redis import PrivateServer
from private_redis.server import PASSWORD
from private_redis.several import PRIMARY, Cluster, SentinelSet, ask

QUEUE = "detection_queue"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def sentinels() -> Iterator[SentinelSet]:
    with SentinelSet() as started:
        yield started


@pytest.fixture(scope="module")
def shards() -> Iterator[Cluster]:
    with Cluster() as started:
        yield started


@pytest.fixture(params=["sentinels", "shards"])
def engine(request: pytest.FixtureRequest) -> SentinelSet | Cluster:
    return request.getfixturevalue(request.param)


@pytest.fixture
async def client(engine: SentinelSet | Cluster) -> AsyncIterator[RedisClient]:
    """A client in a namespace of its own, which is a hash tag."""
    async with RedisClient(
        engine.url, namespace=f"{{{uuid.uuid4().hex[:8]}}}:", attempts=100, backoff_base=0.05
    ) as connected:
        yield connected


async def fail_over(engine: SentinelSet | Cluster, client: RedisClient) -> None:
    """Have a replica take the place of the client's server, which becomes a replica."""
    if isinstance(engine, SentinelSet):
        before = engine.primary()

        def is_told() -> bool:
            try:
                return ask(engine.sentinels[0], "SENTINEL", "FAILOVER", PRIMARY) is not None
            except exceptions.ResponseError:  # the last one is not over, or no replica is ready
                return False

        await until(is_told, within=30)
        await until(lambda: engine.primary() is not before, within=30)
        return
    before = engine.owner(client.namespace)
    replica = next(each for each in engine.servers if follows(each, before.port))
    ask(replica, "CLUSTER", "FAILOVER")
    await until(lambda: engine.owner(client.namespace) is replica, within=30)
    await until(engine.is_whole, within=30)


def follows(server: Any, port: int) -> bool:
    return ask(server, "INFO", "replication").get("master_port") == port


# ---- what works on one server works here ----


async def test_it_is_healthy(client: RedisClient) -> None:
    assert (await client.health_check())["status"] == "healthy"


async def test_first_in_first_out(client: RedisClient) -> None:
    for number in range(3):
        assert await client.add_to_queue(QUEUE, number) == number + 1
    assert await client.peek_queue(QUEUE) == [0, 1, 2]
    assert [await client.get_from_queue(QUEUE, 1) for _ in range(3)] == [0, 1, 2]
    assert await client.get_from_queue(QUEUE, 0.1) is None


async def test_a_push_wakes_a_consumer_that_waits(client: RedisClient) -> None:
    async with ReliableQueue(client, QUEUE) as queue:
        taking = asyncio.create_task(queue.take(30))
        await until(lambda: queue._wait is not None)
        await client.add_to_queue(QUEUE, "now")
        job = await taking
        assert job.data == "now"
        assert await queue.acknowledge(job)


async def test_an_item_of_a_dead_consumer_goes_to_another(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, "item")
    dead = ReliableQueue(client, QUEUE, consumer="dead", lease=0.5)
    async with dead, ReliableQueue(client, QUEUE, consumer="living") as living:
        assert await dead.take(1)
        dead._heart.cancel()
        await until(living.return_lost, within=30)
        job = await living.take(1)
        assert (job.data, job.attempt) == ("item", 2)
        assert await living.acknowledge(job)


async def test_an_item_that_fails_too_often_is_a_dead_letter_and_comes_back(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, "item")
    letters = DeadLetters(client, QUEUE)
    async with ReliableQueue(client, QUEUE, max_attempts=2, backoff_base=0.01) as queue:
        for _ in range(2):
            await queue.fail(await queue.take(5), "no")
        assert await letters.length() == 1
        assert await letters.requeue_all() == 1
        assert await queue.acknowledge(await queue.take(5))
    assert await queue_counts(client, QUEUE) == {"pending": 0, "processing": 0, "dead": 0}


async def test_many_items_in_one_step(client: RedisClient) -> None:
    for number in range(5):
        await client.add_to_queue(QUEUE, number)
    async with ReliableQueue(client, QUEUE) as queue:
        async with queue.reserve_many(10, timeout=1) as jobs:
            assert [job.data for job in jobs] == [*range(5)]
        assert await queue_counts(client, QUEUE) == {"pending": 0, "processing": 0, "dead": 0}


async def test_a_limit_and_each_item_once(client: RedisClient) -> None:
    async def add(item: str) -> Any:
        return await add_to_queue_safe(
            client, QUEUE, item, max_size=2, overflow_policy="dlq", dedupe_key=item
        )

    assert [(await add(item)).duplicate for item in ("a", "b", "a")] == [False, False, True]
    assert (await add("c")).moved_to_dlq_count == 1
    assert (await queue_state(client, QUEUE)).overflowed == 1


async def test_several_keys_in_one_call(client: RedisClient) -> None:
    await client.set("a", 1)
    await client.set("b", 2, expire=100)
    assert await client.exists("a", "b", "c") == 2
    assert await client.delete("a", "b", "c") == 2


async def test_a_message_is_heard_and_its_listeners_are_counted(client: RedisClient) -> None:
    subscriptions = [await client.subscribe("security_events") for _ in range(2)]
    assert await client.publish("security_events", "somebody is at the door") == 2
    for subscription in subscriptions:
        assert await hear(client, subscription) == ["somebody is at the door"]


async def test_the_pipeline_and_the_tools_find_the_right_server(
    engine: SentinelSet | Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    client = RedisClient(engine.url, namespace="{home-7}:")
    await pipeline.connect(client)
    await client.disconnect()
    arguments = ["list", QUEUE, "--url", engine.url, "--namespace", "{home-7}:"]
    assert await asyncio.to_thread(dlq.main, arguments) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    "where", ["redis+sentinel://{}127.0.0.1:1/main", "redis+cluster://{}127.0.0.1:1"]
)
async def test_when_none_of_them_answers_the_pipeline_says_where_it_asked(where: str) -> None:
    client = RedisClient(where.format(":hush@"), namespace="{home-7}:", attempts=1)
    with pytest.raises(pipeline.PipelineError) as raised:
        await pipeline.connect(client)
    assert f"Tried Redis at {where.format('')}: " in str(raised.value)
    assert "hush" not in str(raised.value)


async def test_many_listeners_hear_a_message_on_one_connection(client: RedisClient) -> None:
    async with FanOut(client, "security_events") as events:
        with events.listen() as one, events.listen() as other:
            assert await client.publish("security_events", "somebody is at the door") == 1
            for listener in (one, other):
                assert (await anext(listener))["data"] == "somebody is at the door"


# ---- another server takes over ----


async def test_calls_go_on_when_another_server_takes_over(
    engine: SentinelSet | Cluster, client: RedisClient
) -> None:
    async with ReliableQueue(client, QUEUE, lease=5) as queue:
        await client.add_to_queue(QUEUE, 0)
        job = await queue.take(1)
        await fail_over(engine, client)
        assert await queue.acknowledge(job)  # its script is not known there yet
        # The former server may yet close its connections: this push is sent again then.
        await add_to_queue_safe(client, QUEUE, 1, dedupe_key="key")
        job = await queue.take(5)
        assert job.data == 1
        assert await queue.acknowledge(job)


async def test_a_consumer_that_waits_gets_what_comes_after_another_server_took_over(
    engine: SentinelSet | Cluster, client: RedisClient
) -> None:
    async with ReliableQueue(client, QUEUE, lease=5) as queue:
        taking = asyncio.create_task(queue.take(60))
        await until(lambda: queue._wait is not None)
        await fail_over(engine, client)
        await add_to_queue_safe(client, QUEUE, "item", dedupe_key="key")
        job = await taking
        assert job.data == "item"
        assert await queue.acknowledge(job)


async def test_after_a_call_that_is_not_answered_no_other_call_meets_the_same_server(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=0.5) as client:
        await asyncio.gather(*(client.get("key") for _ in range(20)))
        idle = client._redis.connection_pool
        assert len(idle._available_connections) > 1
        private_server.pause()
        with pytest.raises(exceptions.TimeoutError):
            await client.get("key")
        assert not idle._available_connections
        private_server.resume()


# ---- what was acknowledged ----


async def test_a_push_that_no_replica_has_is_an_error_and_made_again_is_one_item(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=2.0, attempts=1, replicas=1) as client:
        for _ in range(2):
            with pytest.raises(NotPassedOn, match=r"EVALSHA was done, but 0 replicas have it"):
                await add_to_queue_safe(client, QUEUE, "item", dedupe_key="key")
    async with RedisClient(private_server.url) as client:
        assert await client.peek_queue(QUEUE) == ["item"]


async def test_without_a_replica_a_pop_loses_nothing_and_a_read_does_not_wait(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as producer:
        await producer.add_many_to_queue(QUEUE, ["first", "second"])
    async with RedisClient(private_server.url, timeout=2.0, replicas=1) as client:
        assert await client.get_many_from_queue(QUEUE, 1, timeout=1) == ["first"]
        assert await client.get_queue_length(QUEUE) == 1
        assert await client.get_from_queue(QUEUE, timeout=1) == "second"


async def test_a_write_that_no_replica_has_says_so_also_where_it_may_be_sent_again(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=2.0, replicas=1) as client:
        with pytest.raises(NotPassedOn, match="SET was done, but 0 replicas have it"):
            await client.set("camera:1:status", "online")


async def test_a_push_that_a_replica_has_is_answered(engine: SentinelSet | Cluster) -> None:
    async with RedisClient(engine.url, namespace="{passed-on}:", replicas=1) as client:
        assert await client.add_to_queue(QUEUE, "item") == 1
        assert await client.clear_queue(QUEUE)


async def test_what_the_server_refuses_is_its_error_also_with_replicas(
    sentinels: SentinelSet,
) -> None:
    async with RedisClient(sentinels.url, namespace="{passed-on}:", replicas=1) as client:
        await client.set("text", "no queue")
        with pytest.raises(exceptions.ResponseError, match=r"^WRONGTYPE"):
            await client.add_to_queue("text", "item")
        await client.delete("text")


# ---- who is asked ----


async def test_a_call_that_is_cancelled_ends_whatever_it_waits_for(
    engine: SentinelSet | Cluster,
) -> None:
    """Also where it asks for the right server: at each of its steps."""
    for steps in range(0, 60, 3):
        async with RedisClient(engine.url, namespace="{cancelled}:") as client:
            held = [asyncio.create_task(client.get_from_queue("empty")) for _ in range(2)]
            calling = asyncio.create_task(client.get("key"))
            for _ in range(steps):
                await asyncio.sleep(0)
            was_done = calling.done()
            for task in (calling, *held):
                task.cancel()
            await asyncio.wait({calling, *held}, timeout=5)
            assert was_done or calling.cancelled(), f"after {steps} steps"
            assert all(task.cancelled() for task in held), f"after {steps} steps"


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://:123/secret@127.0.0.1:1",
        "redis+sentinel://:12@secret@127.0.0.1:1/home/0",
        "redis+cluster://:12@secret@127.0.0.1:1",
        "redis+sentinel://:secret/1@127.0.0.1:26379/home/0",
    ],
)
async def test_a_password_that_is_no_part_of_a_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="the URL is neither like") as caught:
        await RedisClient(url, namespace="{home}:").connect()
    assert "secret" not in str(caught.value)


async def test_sentinels_that_want_no_password_answer_too(sentinels: SentinelSet) -> None:
    for each in sentinels.sentinels:
        ask(each, "ACL", "SETUSER", "default", "nopass")
    try:
        async with RedisClient(sentinels.url) as client:
            assert await client.set("k", 1)
    finally:
        for each in sentinels.sentinels:
            ask(each, "ACL", "SETUSER", "default", "resetpass", f">{PASSWORD}")


async def test_a_sentinel_that_hangs_is_passed_over(sentinels: SentinelSet) -> None:
    sentinels.sentinels[0].pause()
    try:
        async with RedisClient(sentinels.url, timeout=2, attempts=1) as client:
            assert await client.set("key", 1)
            assert await client.delete("key") == 1
    finally:
        sentinels.sentinels[0].resume()


class HardOfHearing:
    """A guide that fails when it is cancelled, as redis-py's may on Python 3.11."""

    async def ask(self) -> Address:
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            raise exceptions.ConnectionError("nobody knows") from None


async def test_a_question_that_fails_when_its_call_is_cancelled_is_no_failure_unseen() -> None:
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    servers = Servers("redis+sentinel://127.0.0.1:1/home", namespace="", timeout=5)
    servers._guide = HardOfHearing()
    finding = asyncio.create_task(servers._find())
    for _ in range(5):
        await asyncio.sleep(0)
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    del finding
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()  # other tests' garbage may say something too
    assert [each for each in unseen if "exception" in each] == []


async def test_what_was_asked_is_closed_with_the_client(engine: SentinelSet | Cluster) -> None:
    asked = engine.sentinels if isinstance(engine, SentinelSet) else engine.servers

    def connected() -> int:
        return sum(ask(each, "INFO", "clients")["connected_clients"] for each in asked)

    async with RedisClient(engine.url, namespace="{home}:") as client:
        await client.get("key")
        open_ones = connected()
    await until(lambda: connected() <= open_ones - 1)


# ---- Cluster ----


@pytest.mark.parametrize("engine", ["shards"], indirect=True)
async def test_what_is_called_while_a_slot_moves_waits_until_it_has_moved(
    engine: Cluster, client: RedisClient
) -> None:
    await client.add_to_queue(QUEUE, 0)
    await client.set("key", "value")
    async with ReliableQueue(client, QUEUE, lease=5) as queue:
        job = await queue.take(1)
        calls: list[asyncio.Task[Any]] = []

        async def half_way() -> None:
            calls.append(asyncio.create_task(queue.acknowledge(job)))
            calls.append(asyncio.create_task(client.add_to_queue(QUEUE, 1)))
            calls.append(asyncio.create_task(client.get("key")))
            await asyncio.sleep(0.2)
            assert not calls[0].done()

        await move_slot(engine, client.namespace, half_way=half_way)
        assert await asyncio.gather(*calls) == [True, 1, "value"]
        assert await queue_counts(client, QUEUE) == {"pending": 1, "processing": 0, "dead": 0}


async def test_two_systems_lie_on_different_servers_of_a_cluster(shards: Cluster) -> None:
    owners = set()
    for number in range(20):
        async with RedisClient(shards.url, namespace=f"{{home-{number}}}:") as client:
            await client.set("camera:1:status", "online")
            owners.add(client._redis.connection_pool._available_connections[0].port)
            assert await client.delete("camera:1:status") == 1
    assert owners == {each.port for each in shards.servers if role(each) == "master"}


def role(server: Any) -> str:
    return ask(server, "INFO", "replication")["role"]


# ---- the URL ----


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("redis+sentinel://a,b:2/home", {}),
        ("redis+sentinel://:secret@a:1/home/3", {"password": "secret", "db": 3}),
        ("redis+sentinel://a/home?client_name=watcher", {"client_name": "watcher"}),
        ("redis+cluster://u:p@a:1,[::1]:2/0", {"username": "u", "password": "p"}),
    ],
)
def test_what_a_url_says(url: str, options: dict[str, Any]) -> None:
    said = Servers(url, namespace="{home}:", timeout=5).options
    assert said == {"host": "localhost"} | options


@pytest.mark.parametrize(
    "url", ["redis+sentinel://a:1", "redis+cluster://a:1/3", "redis+other://a", "redis+cluster://"]
)
def test_a_url_of_no_such_form_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"neither like redis\+sentinel://host"):
        Servers(url, namespace="{home}:", timeout=5)


@pytest.mark.parametrize("namespace", ["", "home:", "{}home:", "home}{"])
async def test_on_a_cluster_a_namespace_that_is_no_hash_tag_is_refused(namespace: str) -> None:
    with pytest.raises(ValueError, match="the namespace has to be a hash tag"):
        await RedisClient("redis+cluster://localhost", namespace=namespace).connect()


@pytest.mark.parametrize(
    "url", ["redis+sentinel://:secret@127.0.0.1:1/home/0", "redis+cluster://:secret@127.0.0.1:1"]
)
async def test_when_nobody_knows_where_it_is_that_is_a_connection_error_without_secrets(
    url: str,
) -> None:
    client = RedisClient(url, namespace="{home}:", attempts=2, backoff_base=0.01)
    with pytest.raises(exceptions.ConnectionError) as caught:
        await client.connect()
    assert "127.0.0.1:1" in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "redis.asyncio" not in str(caught.value)
    assert "secret" not in str(caught.value)
