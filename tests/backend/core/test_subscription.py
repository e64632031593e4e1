"""publish, subscribe, listen, unsubscribe: who gets what, how it ends, and what is missed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import hear, publish_until_heard, until

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription
from private_redis import PrivateServer


@pytest.mark.parametrize(
    "data", ["123", "", "Zürich 東京 😀", None, True, 0, 1.5, [], {"type": "event", "data": {}}]
)
async def test_a_message_comes_as_it_was_published(client: RedisClient, data: object) -> None:
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", data)
    message = await anext(client.listen(subscription))
    assert message == {
        "type": "message",
        "pattern": None,
        "channel": "security_events",
        "data": data,
    }
    assert type(message["data"]) is type(data)


async def test_messages_come_in_the_order_of_their_publication(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    for number in range(100):
        await client.publish("c", number)
    assert await hear(client, subscription, 100) == list(range(100))


async def test_publish_returns_the_number_of_subscribers_and_0_is_no_error(
    client: RedisClient,
) -> None:
    assert await client.publish("c", "nobody hears this") == 0
    await client.subscribe("c")
    await client.subscribe("c", "another")
    assert await client.publish("c", "two hear this") == 2


async def test_two_listeners_on_one_client_each_get_every_message(client: RedisClient) -> None:
    subscriptions = [await client.subscribe("c") for _ in range(2)]
    listeners = [asyncio.create_task(hear(client, each, 3)) for each in subscriptions]
    for number in range(3):
        assert await client.publish("c", number) == 2
    assert await asyncio.gather(*listeners) == [[0, 1, 2], [0, 1, 2]]


async def test_who_subscribes_late_misses_what_was_published_before(client: RedisClient) -> None:
    await client.publish("c", "early")
    subscription = await client.subscribe("c")
    await client.publish("c", "in time")
    assert await hear(client, subscription) == ["in time"]


async def test_a_subscription_to_two_channels_hears_both_and_says_which(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("a", "b")
    await client.publish("a", 1)
    await client.publish("b", 2)
    messages = client.listen(subscription)
    heard = [await anext(messages), await anext(messages)]
    assert [(message["channel"], message["data"]) for message in heard] == [("a", 1), ("b", 2)]


async def test_a_channel_named_twice_is_subscribed_once(client: RedisClient) -> None:
    subscription = await client.subscribe("c", "c")
    assert await client.publish("c", 1) == 1
    assert await hear(client, subscription) == [1]


async def test_subscribing_to_no_channel_is_refused(client: RedisClient) -> None:
    with pytest.raises(ValueError, match="at least one channel"):
        await client.subscribe()


async def test_a_message_that_json_cannot_hold_is_refused_and_nothing_is_sent(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    with pytest.raises(TypeError, match=r"value\['box'\] is a tuple"):
        await client.publish("c", {"box": (1, 2)})
    await client.publish("c", "after it")
    assert await hear(client, subscription) == ["after it"]


async def test_what_another_program_publishes_comes_as_text_or_bytes(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    subscription = await client.subscribe("c")
    await other_program.publish(client.full_name("c"), "plain text")
    await other_program.publish(client.full_name("c"), b"\xff\xd8\xff")
    assert await hear(client, subscription, 2) == ["plain text", b"\xff\xd8\xff"]


async def test_two_namespaces_do_not_hear_each_other(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    async with RedisClient(redis_url, namespace=f"{namespace}other:") as other:
        ours, theirs = await client.subscribe("c"), await other.subscribe("c")
        assert await client.publish("c", "ours") == 1
        assert await other.publish("c", "theirs") == 1
        assert await hear(client, ours) == ["ours"]
        assert await hear(other, theirs) == ["theirs"]


# ---- listening twice ----


async def test_a_second_listener_on_the_same_subscription_is_told_what_to_do(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    first = asyncio.create_task(hear(client, subscription))
    await asyncio.sleep(0)  # the first one has begun to listen
    with pytest.raises(RuntimeError, match=r"already listening.*\(c\).*call subscribe\(\) again"):
        await hear(client, subscription)
    await client.publish("c", "for the first")
    assert await first == ["for the first"]


async def test_who_stops_listening_can_go_on_later_and_has_missed_nothing(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    for number in range(3):
        await client.publish("c", number)
    assert await hear(client, subscription) == [0]
    assert await hear(client, subscription, 2) == [1, 2]


async def test_a_listener_that_is_cancelled_can_listen_again(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear(client, subscription))
    await asyncio.sleep(0.01)
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener
    await client.publish("c", "again")
    assert await hear(client, subscription) == ["again"]


# ---- the end ----


async def test_unsubscribe_ends_a_listener_that_waits(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear(client, subscription))
    await asyncio.sleep(0.01)
    await client.unsubscribe("c")
    assert await listener == []
    assert await client.publish("c", "nobody") == 0


async def test_a_listener_can_unsubscribe_itself(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    await client.publish("c", "stop")
    heard = []
    async for message in client.listen(subscription):
        heard.append(message["data"])
        await client.unsubscribe("c")
    assert heard == ["stop"]


async def test_listening_after_unsubscribe_ends_at_once(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    await client.publish("c", "not listened to in time")
    await client.unsubscribe("c")
    assert await hear(client, subscription) == []


async def test_unsubscribe_from_one_of_two_channels_leaves_the_other(client: RedisClient) -> None:
    subscription = await client.subscribe("leave", "stay")
    listener = asyncio.create_task(hear(client, subscription, 2))
    await client.publish("stay", 1)
    await client.unsubscribe("leave")
    await client.publish("leave", "unheard")
    await client.publish("stay", 2)
    assert await listener == [1, 2]
    assert subscription.channels == ["stay"]


async def test_what_came_on_a_channel_that_is_left_before_it_is_heard_is_dropped(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("leave", "stay")
    await client.publish("leave", "unheard")
    await client.unsubscribe("leave")
    await client.publish("stay", "heard")
    assert await hear(client, subscription) == ["heard"]


async def test_unsubscribe_ends_every_subscription_of_this_client_to_the_channel(
    client: RedisClient,
) -> None:
    for _ in range(2):
        await client.subscribe("c")
    other = await client.subscribe("other")
    await client.unsubscribe("c")
    assert await client.publish("c", 1) == 0
    assert await client.publish("other", 2) == 1
    assert await hear(client, other) == [2]


async def test_unsubscribe_without_a_name_ends_them_all(client: RedisClient) -> None:
    await client.subscribe("a", "b")
    await client.subscribe("c")
    await client.unsubscribe()
    assert [await client.publish(channel, 1) for channel in "abc"] == [0, 0, 0]


async def test_unsubscribe_from_an_unknown_channel_is_no_error(client: RedisClient) -> None:
    await client.unsubscribe("never subscribed")
    await client.unsubscribe()


async def test_two_tasks_may_unsubscribe_from_the_same_channel(client: RedisClient) -> None:
    await client.subscribe("c")
    await asyncio.gather(client.unsubscribe("c"), client.unsubscribe("c"))
    assert await client.publish("c", "nobody") == 0


async def test_a_listener_cancelled_as_its_subscription_ends_is_cancelled(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear(client, subscription))
    await asyncio.sleep(0.01)
    listener.cancel()
    await client.unsubscribe("c")
    with pytest.raises(asyncio.CancelledError):
        await listener


async def test_disconnect_ends_every_listener(redis_url: str, namespace: str) -> None:
    async with RedisClient(redis_url, namespace=namespace) as client:
        subscriptions = [await client.subscribe("c") for _ in range(3)]
        listeners = [asyncio.create_task(hear(client, each)) for each in subscriptions]
        await asyncio.sleep(0.01)
    assert await asyncio.gather(*listeners) == [[], [], []]


async def test_a_subscription_that_ended_leaves_no_subscriber_and_at_most_one_idle_connection(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url) as client:
        for _ in range(10):
            await client.subscribe("c")
            await client.unsubscribe("c")

        async def nothing_is_left() -> bool:
            connections = await admin.client_list()
            return len(connections) <= 3 and all(each["sub"] == "0" for each in connections)

        await until(nothing_is_left)


# ---- what is missed ----

GAP = "gap"


def short(message: dict[str, Any]) -> Any:
    """Return a message's data; for a gap, what is missing."""
    if message["type"] == GAP:
        return GAP, message["data"]["reason"], message["data"]["missed"]
    return message["data"]


LOST = (GAP, "connection lost", None)


async def hear_gaps(
    client: RedisClient,
    subscription: Subscription,
    last: Any,
) -> list[Any]:
    """Listen until a message with the data `last` has come, and return what came."""
    heard: list[Any] = []
    async for message in client.listen(subscription, gaps=True):
        heard.append(short(message))
        if heard[-1] == last:
            break
    return heard


async def reached(admin: redis.asyncio.Redis, channel: str, count: int = 1) -> bool:
    with suppress(exceptions.ConnectionError):
        return (await admin.pubsub_numsub(channel))[0][1] == count
    return False


async def test_after_a_restart_the_gap_stands_between_what_came_before_and_after(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.02, attempts=50) as client:
        subscription = await client.subscribe("c", "d")
        await client.publish("c", "before")
        listener = asyncio.create_task(hear_gaps(client, subscription, "after"))
        private_server.stop()
        private_server.start()
        await until(lambda: reached(admin, "c"))
        await client.publish("d", "after")
        assert await listener == ["before", LOST, "after"]


async def test_after_a_killed_connection_the_gap_says_why(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    subscription = await quick.subscribe("c")
    messages = quick.listen(subscription, gaps=True)
    message = asyncio.create_task(anext(messages))
    await admin.client_kill_filter(_type="pubsub")
    assert await message == {
        "type": "gap",
        "pattern": None,
        "channel": None,
        "data": {
            "reason": "connection lost",
            "missed": None,
            "error": "Connection closed by server.",
        },
    }
    await quick.publish("c", "after")
    assert (await anext(messages))["data"] == "after"


async def test_each_outage_is_one_gap(quick: RedisClient, admin: redis.asyncio.Redis) -> None:
    subscription = await quick.subscribe("a", "b", "c")
    messages = quick.listen(subscription, gaps=True)
    heard = []
    for number in range(3):
        await quick.publish("b", number)
        heard.append(short(await anext(messages)))
        await admin.client_kill_filter(_type="pubsub")
        heard.append(short(await anext(messages)))  # and now the channels are heard again
    assert heard == [0, LOST, 1, LOST, 2, LOST]


async def test_after_a_hang_the_gap_comes_before_what_is_heard_again(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisClient(
        private_server.url, timeout=0.3, backoff_base=0.05, attempts=50
    ) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear_gaps(client, subscription, "after"))
        private_server.pause()

        async def noticed() -> bool:
            return "Lost the subscription" in caplog.text

        await until(noticed)
        private_server.resume()
        await publish_until_heard(client, "c", "after", listener)
        assert await listener == [LOST, "after"]


async def test_a_listener_that_comes_back_after_an_error_is_told_of_the_gap(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.01, attempts=2) as client:
        subscription = await client.subscribe("c")
        private_server.stop()
        with pytest.raises(exceptions.ConnectionError):
            await hear_gaps(client, subscription, "nothing")
        private_server.start()
        listener = asyncio.create_task(hear_gaps(client, subscription, "after"))
        await until(lambda: reached(admin, "c"))
        await client.publish("c", "after")
        assert await listener == [LOST, "after"]


async def test_a_connection_that_is_lost_while_nobody_listens_is_a_gap_too(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    """Leaving a channel makes the lost connection anew, before a listener could notice."""
    subscription = await quick.subscribe("leave", "stay")
    await quick.publish("stay", "before")
    await admin.client_kill_filter(_type="pubsub")
    with suppress(exceptions.ConnectionError):
        await quick.unsubscribe("leave")
    listener = asyncio.create_task(hear_gaps(quick, subscription, "after"))
    await until(lambda: reached(admin, "stay"))
    await quick.publish("stay", "after")
    heard = await listener
    assert heard[-2:] == [LOST, "after"]
    assert heard.count(LOST) == 1


async def test_without_gaps_a_listener_hears_messages_alone(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    subscription = await quick.subscribe("c")
    listener = asyncio.create_task(hear(quick, subscription))
    await asyncio.sleep(0)
    await admin.client_kill_filter(_type="pubsub")
    await publish_until_heard(quick, "c", "after", listener)
    assert await listener == ["after"]


async def test_where_nothing_was_lost_there_is_no_gap(client: RedisClient) -> None:
    subscription = await client.subscribe("c", "d")
    for number in range(50):
        await client.publish("cd"[number % 2], number)
    assert await hear_gaps(client, subscription, 49) == list(range(50))


async def test_a_slow_listener_that_is_cut_off_is_told_where_the_messages_are_missing(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    kept = 256 * 1024  # bytes, by the server, for a subscriber that does not read
    await admin.config_set("client-output-buffer-limit", f"pubsub {kept} {kept} 1")
    async with RedisClient(private_server.url) as client:
        subscription = await client.subscribe("c")
        published = 0
        while await client.publish("c", [published, "x" * 10_000]):  # until nobody is reached
            published += 1
        listener = asyncio.create_task(hear_gaps(client, subscription, "end"))
        await until(lambda: reached(admin, "c"))
        await client.publish("c", "end")
        *before, lost, end = await listener
    assert (lost, end) == (LOST, "end")
    assert [number for number, _ in before] == list(range(len(before)))
    assert 0 < len(before) < published  # the rest was in the server's buffer when it cut off


async def test_a_lost_connection_is_made_anew_once(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    """A second one would lose what had come on the first."""

    async def connections() -> int:
        return (await admin.info("stats"))["total_connections_received"]

    messages = quick.listen(await quick.subscribe("c"), gaps=True)
    before = await connections()
    gap = asyncio.create_task(anext(messages))
    await admin.client_kill_filter(_type="pubsub")
    assert short(await gap) == LOST
    assert await connections() - before == 1


async def test_a_gap_that_no_listener_saw_happen_says_what_is_known_of_it(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    """A send that fails makes the connection anew: here, leaving one of the channels."""
    left = [f"left {number}" for number in range(100)]
    subscription = await quick.subscribe("stay", *left)
    await admin.client_kill_filter(_type="pubsub")

    async def leave_until_it_fails() -> None:
        for channel in left:  # what is sent first may still find room on the dead connection
            await quick.unsubscribe(channel)
            await admin.ping()

    with pytest.raises(exceptions.ConnectionError):
        await leave_until_it_fails()
    gap = await anext(quick.listen(subscription, gaps=True))
    assert gap["data"]["error"] == "connection lost; redis-py reconnected by itself"
