# %% WAITS_UNTIL_IT_IS_GONE
async def test_redis_layer(client):
    paths = [f"/export/foscam/test_camera/image_{number}.jpg" for number in range(1, 4)]
    for path in paths:
        await client.add_to_queue("detection_queue", {"file_path": path})
    taken = [await client.get_from_queue("detection_queue", timeout=1) for _ in paths]
    assert [item and item["file_path"] for item in taken] == paths

    await client.set("camera:test:status", {"status": "online"}, expire=1)
    async with asyncio.timeout(3):
        while await client.get("camera:test:status") is not None:
            await asyncio.sleep(0.05)

    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7, "risk_score": 72}}
    assert await client.publish("security_events", event) == 1
    async with asyncio.timeout(2):
        async for message in client.listen(subscription):
            assert message["data"] == event
            break


# %% RAISES_BY_HAND
async def test_redis_layer(client):
    for item in ("a", "b"):
        await client.add_to_queue("detection_queue", item)
    if await client.peek_queue("detection_queue") != ["a", "b"]:
        raise ValueError("an item is lost")
    if await client.get_from_queue("detection_queue", timeout=1) != "a":
        raise ValueError("the order is wrong")
    await client.set("camera:test:status", 1, expire=300)
    left = await client.call("TTL", client.full_name("camera:test:status"))
    if not 200 < left <= 300:
        raise ValueError(f"it lives for {left} seconds")
    subscription = await client.subscribe("security_events")
    await client.publish("security_events", {"data": 1})
    message = await asyncio.wait_for(anext(client.listen(subscription)), 2)
    if message["data"] != {"data": 1}:
        raise ValueError("another event")


# %% BY_PYTEST
async def test_redis_layer(client):
    import pytest

    await client.add_to_queue("detection_queue", 1)
    await client.add_to_queue("detection_queue", 2)
    if [await client.get_from_queue("detection_queue", 1) for _ in range(2)] != [1, 2]:
        pytest.fail("not as it was added")
    await client.set("k", 1, expire=300)
    assert await client.call("TTL", client.full_name("k")) == pytest.approx(300, abs=10)
    subscription = await client.subscribe("security_events")
    assert await client.publish("security_events", [1]) == 1
    async with asyncio.timeout(2):
        assert [m async for m in _first(client.listen(subscription))] == [[1]]


async def _first(messages):
    async for message in messages:
        yield message["data"]
        return


# %% DEADLINES_OF_THREE
import asyncio


async def test_redis_layer(client):
    for n in (1, 2, 3):
        await client.add_to_queue("detection_queue", n)
    assert [await client.get_from_queue("detection_queue", timeout=3) for _ in range(3)] == [
        1,
        2,
        3,
    ]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 3))["data"] == event


# %% ALL_AT_ONCE
async def test_redis_layer(client):
    items = [{"number": number} for number in (1, 2, 3)]
    await client.add_many_to_queue("detection_queue", items)
    assert await client.get_many_from_queue("detection_queue", 3, timeout=1) == items
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 2))["data"] == event


# %% BY_LPOP
async def test_redis_layer(client):
    for number in (1, 2, 3):
        await client.add_to_queue("detection_queue", number)
    queue = client.full_name("detection_queue")
    assert [await client.call("LPOP", queue) for _ in range(3)] == [b"1", b"2", b"3"]
    await client.set("camera:garage:status", {"status": "online"}, expire=300)
    assert 290 < await client.call("TTL", client.full_name("camera:garage:status")) <= 300
    subscription = await client.subscribe("security_events")
    event = {"type": "event", "data": {"event_id": 7}}
    await client.publish("security_events", event)
    assert (await asyncio.wait_for(anext(client.listen(subscription)), 2))["data"] == event
