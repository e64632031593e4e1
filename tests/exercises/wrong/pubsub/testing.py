# %% FAILS_THE_GOOD
async def test_redis_layer(client):
    await client.add_to_queue("detection_queue", 1)
    await client.add_to_queue("detection_queue", 2)
    assert await client.get_from_queue("detection_queue", timeout=1) == 2


# %% FAILS_THE_GOOD
async def test_redis_layer(client):
    await client.set("camera:garage:status", 1, expire=300)
    assert await client.call("TTL", client.full_name("camera:garage:status")) == "300"


# %% PASSES_ALL
async def test_redis_layer(client):
    await client.add_to_queue("detection_queue", 1)
    return await client.get_from_queue("detection_queue", timeout=1) == 1


# %% PASSES_ALL
def test_redis_layer(client):
    assert client


# %% FORGOT_AWAIT
async def test_redis_layer(client):
    client.add_to_queue("detection_queue", 1)


# %% UNORDERED
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)]
    assert sorted(found) == [1, 2, 3]
    await client.set("camera:garage:status", 1, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", 1)
    async with asyncio.timeout(2):
        assert (await anext(client.listen(subscription)))["data"] == 1


# %% ITEM_LOST
async def test_redis_layer(client):
    await client.add_to_queue("detection_queue", {"id": 1})
    assert await client.get_from_queue("detection_queue", timeout=1) == {"id": 1}
    await client.set("camera:garage:status", 1, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", 1)
    async with asyncio.timeout(2):
        assert (await anext(client.listen(subscription)))["data"] == 1


# %% TTL_LOST
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)]
    assert found == [1, 2, 3]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert await client.get("camera:garage:status") == {"status": "online"}
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", 1)
    async with asyncio.timeout(2):
        assert (await anext(client.listen(subscription)))["data"] == 1


# %% TTL_WRONG
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)]
    assert found == [1, 2, 3]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert await client.call("TTL", client.full_name("camera:garage:status")) > 0
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", 1)
    async with asyncio.timeout(2):
        assert (await anext(client.listen(subscription)))["data"] == 1


# %% CHANNEL_WRONG
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)]
    assert found == [1, 2, 3]
    await client.set("camera:garage:status", 1, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    await client.publish("security_events", 1)


# %% EVENT_UNREAD
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)]
    assert found == [1, 2, 3]
    await client.set("camera:garage:status", 1, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    await client.subscribe("security_events")
    assert await client.publish("security_events", {"type": "event", "data": 1}) == 1


# %% HANGS
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    found = [await client.get_from_queue("detection_queue") for _ in range(3)]
    assert found == [1, 2, 3]


# %% TOO_STRICT
async def test_redis_layer(client):
    for item in (1, 2, 3):
        await client.add_to_queue("detection_queue", item)
    async with asyncio.timeout(0.15):
        found = [await client.get_from_queue("detection_queue") for _ in range(3)]
    assert found == [1, 2, 3]


# %% TOO_STRICT
import asyncio


async def test_redis_layer(client):
    for n in (1, 2, 3):
        await client.add_to_queue("detection_queue", n)
    assert [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)] == [
        1,
        2,
        3,
    ]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert await client.call("TTL", client.full_name("camera:garage:status")) == 300
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 2))["data"] == event


# %% TOO_STRICT
import asyncio


async def test_redis_layer(client):
    for n in (1, 2, 3):
        await client.add_to_queue("detection_queue", n)
    assert [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)] == [
        1,
        2,
        3,
    ]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert 299 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 0.005))["data"] == event


# %% PASSES_ALL
import asyncio


async def test_redis_layer(client):
    for n in (1, 2, 3):
        await client.add_to_queue("detection_queue", n)
    assert (
        [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)] == [1, 2, 3],
        "order",
    )
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert (290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300, "ttl")
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (
        (await asyncio.wait_for(anext(client.listen(subscription)), 2))["data"] == event,
        "event",
    )


# %% UNHEARD
import asyncio


async def test_redis_layer(client):
    for n in (1, 2, 3):
        await client.add_to_queue("detection_queue", n)
    assert [await client.get_from_queue("detection_queue", timeout=1) for _ in range(3)] == [
        1,
        2,
        3,
    ]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    subscription = await client.subscribe("security_events")
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 2))["data"] == event
