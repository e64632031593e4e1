"""publish, subscribe, listen, unsubscribe: who gets what, and how listening ends."""

from __future__ import annotations

import asyncio

import pytest
import redis.asyncio
from tests.support import hear, until

from backend.core.redis import RedisClient
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
