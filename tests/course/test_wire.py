"""`course.wire`: the commands that a lesson sends, as the server sees them."""

import asyncio

import pytest
import redis as redis_py
from redis.asyncio import Redis
from tests.support import as_user

from backend.core.redis import RedisClient
from course import wire
from course.session import CourseRedis
from private_redis import PrivateServer


@pytest.fixture
def server(redis_url: str, namespace: str) -> CourseRedis:
    return CourseRedis(redis_url, namespace, "the server of this test")


@pytest.fixture
async def client(server: CourseRedis):
    async with RedisClient(server.url, namespace=server.namespace) as client:
        yield client


async def test_every_call_is_shown_as_the_command_that_it_sends(server, client):
    async with wire.watch(server) as commands:
        await client.add_to_queue("detection_queue", {"camera_id": "front_door"})
        await client.get_queue_length("detection_queue")
        await client.peek_queue("detection_queue", 0, 2)
        await client.get_from_queue("detection_queue", timeout=1)
        await client.set("camera:front_door:status", "online", expire=300)
        await client.delete("camera:front_door:status")
    assert str(commands).splitlines() == [
        'RPUSH detection_queue {"camera_id":"front_door"}',
        "LLEN detection_queue",
        "LRANGE detection_queue 0 2",
        "BLPOP detection_queue 1",
        'SET camera:front_door:status "online" EX 300',
        "DEL camera:front_door:status",
    ]


async def test_channels_are_shown_without_the_namespace(server, client):
    async with wire.watch(server) as commands:
        await client.subscribe("security_events")
        await client.publish("security_events", {"type": "event"})
    assert commands == ["SUBSCRIBE security_events", 'PUBLISH security_events {"type":"event"}']


async def test_a_pop_that_had_to_wait_is_shown_once(server, client):
    async with wire.watch(server) as commands:
        pop = asyncio.create_task(client.get_from_queue("detection_queue", timeout=5))
        async with asyncio.timeout(5):
            while not commands:  # noqa: ASYNC110 - until the pop is on its way
                await asyncio.sleep(0)
        await client.add_to_queue("detection_queue", 1)
        await pop
    assert commands == ["BLPOP detection_queue 5", "RPUSH detection_queue 1"]


async def test_commands_of_others_are_left_out(server, client):
    async with wire.watch(server) as commands, RedisClient(server.url) as stranger:
        await stranger.get("somebody_elses_key")
        await client.get("ours")
    assert commands == ["GET ours"]


async def test_nothing_is_missing_and_the_order_is_the_servers(server, client):
    async with wire.watch(server) as commands:
        for number in range(2_000):
            await client.add_to_queue("detection_queue", number)
    assert commands == [f"RPUSH detection_queue {number}" for number in range(2_000)]


async def test_a_command_that_takes_long_to_arrive_is_waited_for(server, client):
    async with wire.watch(server) as commands:
        await client.set("key", "x" * 5_000_000)
    assert commands == [f'SET key "{"x" * 70}…']


async def test_what_is_sent_after_the_block_is_not_shown(server, client):
    async with wire.watch(server) as commands:
        await client.get("inside")
    await client.get("outside")
    assert commands == ["GET inside"]


async def test_two_watches_at_once_do_not_show_each_other(server, client):
    async with wire.watch(server) as outer:
        async with wire.watch(server) as inner:
            await client.get("a")
        await client.get("b")
    assert (inner, outer) == (["GET a"], ["GET a", "GET b"])


async def test_a_long_value_is_cut_at_the_width(server, client):
    async with wire.watch(server) as commands:
        await client.set("key", "x" * 71)
        await client.set("key", "x" * 70)  # with its two quotes exactly 72 characters
    assert commands == [f'SET key "{"x" * 70}…', f'SET key "{"x" * 70}"']


async def test_a_block_that_fails_raises_its_own_error(server):
    with pytest.raises(ZeroDivisionError):
        async with wire.watch(server):
            raise ZeroDivisionError


async def test_a_server_that_goes_away_in_the_block_is_an_error(private_server: PrivateServer):
    server = CourseRedis(private_server.url, "course:test:", "a private server")
    with pytest.raises(redis_py.ConnectionError):
        async with wire.watch(server):
            private_server.stop()


async def test_a_server_that_hangs_ends_in_a_timeout(private_server: PrivateServer):
    server = CourseRedis(private_server.url, "course:test:", "a private server")
    private_server.pause()
    with pytest.raises(TimeoutError, match=r"did not answer within 0\.2 s"):
        async with wire.watch(server, timeout=0.2):
            pass


async def test_a_user_who_may_not_monitor_is_told_what_to_do(private_server: PrivateServer):
    with redis_py.Redis.from_url(private_server.url) as admin:
        admin.execute_command("ACL SETUSER dana on nopass ~* &* +@all -monitor")
    url = as_user(private_server.url, "dana", "any")
    async with wire.watch(CourseRedis(url, "course:test:", "a private server")) as commands:
        pass
    (said,) = commands
    assert said.startswith(wire.NOT_SHOWN)
    assert "+monitor" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["SET", "key", 'a "quoted" word'],
        ["SET", "key", "ends in a backslash \\"],
        ["SET", "key", '\\" "'],
        ["SET", "key", "two  spaces, a\ttab and\r\na new line"],
        ["SET", "key", '] "looks like the end of the address'],
        ["SET", "key", "ü and 家"],
        ["SET", "key", ""],
    ],
)
async def test_arguments_are_read_as_they_were_sent(redis_url, namespace, arguments):
    arguments[1] = namespace + arguments[1]
    async with Redis.from_url(redis_url) as client:
        connection = client.connection_pool.make_connection()
        await wire._start_monitor(connection)
        await client.execute_command(*arguments)
        read: list[str] = []
        while read[:2] != arguments[:2]:
            read = wire.parse(await connection.read_response(disable_decoding=True))
        await connection.disconnect()
    assert read == arguments


@pytest.mark.parametrize(
    "line",
    [
        rb'1700000000.123456 [0 [::1]:50000] "GET" "key"',
        rb'1700000000.123456 [0 unix:/run/redis.sock] "GET" "key"',
        rb'1700000000.123456 [15 lua] "GET" "key"',
    ],
)
def test_every_kind_of_client_is_understood(line):
    assert wire.parse(line) == ["GET", "key"]


def test_bytes_that_are_not_text_are_shown_as_escapes():
    line = rb'1700000000.123456 [0 127.0.0.1:50000] "SET" "ns:key" "\xff\x00\n"'
    assert wire._line(wire.parse(line), "ns:") == r"SET key \xff\x00\n"


async def test_of_a_private_server_every_command_is_shown(private_server: PrivateServer) -> None:
    async with RedisClient(private_server.url) as client, wire.watch(private_server) as commands:
        await client.health_check()
    assert commands == ["PING", "INFO server"]
