"""Every use that the backend makes of Redis, in four short examples.

    python -m backend.examples.redis_example

The Redis that is used: the one that REDIS_URL names; else the one at localhost:6379, if it
answers; else a private server that ends with the script. The examples write under names of
their own and remove what they wrote, so it is safe to run them against a server in use.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import RedisError

from backend.core.namespaces import new_namespace
from backend.core.redis import DEFAULT_URL, RedisClient

# So that two runs do not meet in one server.
NAMESPACE = new_namespace("example", os.environ.get("REDIS_URL"))
QUEUE = "example_detections_queue"
CHANNEL = "example_events"
STATUS_KEY = "camera:front_door:status"
STATUS_TTL = 300  # seconds
PATIENCE = 5  # seconds that the events have to arrive
LINE = "=" * 60


class ExampleError(Exception):
    """An example cannot run, or did not do what it should. The message is for the reader."""


def expect(what: str, actual: Any, expected: Any) -> None:
    """Make sure that a value is the one expected.

    Raises:
        ExampleError: it is not.
    """
    if actual != expected:
        raise ExampleError(f"Expected {what} to be {expected!r}, but it is {actual!r}.")


async def example_health_check(redis_url: str | None = None) -> None:
    """Service monitoring: is Redis there, and which version is it?"""
    print("\n=== Health Check Example ===")
    client = RedisClient(redis_url, namespace=NAMESPACE)

    print("1. Health check before connection:")
    try:
        await client.health_check()
    except RuntimeError as error:
        reason, _, _what_to_do = str(error).partition(":")
        print(f"   Expected error: {reason}")
    else:
        raise ExampleError("Expected an error from a health check before connect(): none came.")

    print("\n2. Connecting to Redis...")
    await client.connect()

    print("\n3. Health check after connection:")
    health = await client.health_check()
    await client.disconnect()
    expect("the status", health["status"], "healthy")
    print(f"   Status: {health['status']}")
    print(f"   Connected: {health['connected']}")
    print(f"   Redis version: {health['redis_version']}")


async def example_queue_operations(redis_url: str | None = None) -> None:
    """Batch processing: the file watcher adds detections, the detector takes them in order."""
    print("\n=== Queue Operations Example ===")
    detections = [
        {
            "camera_id": "front_door",
            "file_path": f"/export/foscam/front_door/image_{number}.jpg",
            "timestamp": f"2025-01-15T10:30:0{number}+00:00",
            "media_type": "image",
        }
        for number in range(1, 6)
    ]
    async with RedisClient(redis_url, namespace=NAMESPACE) as client:
        await client.clear_queue(QUEUE)
        try:
            print("1. Adding detections to queue...")
            for number, detection in enumerate(detections, start=1):
                length = await client.add_to_queue(QUEUE, detection)
                print(f"   Added detection {number}, queue length: {length}")

            print("\n2. Checking queue length...")
            length = await client.get_queue_length(QUEUE)
            expect("the queue length", length, 5)
            print(f"   Queue length: {length}")

            print("\n3. Peeking at the first 3 items without removing them...")
            first = await client.peek_queue(QUEUE, 0, 2)  # the end is included: 0, 1 and 2
            expect("the first items", first, detections[:3])
            for item in first:
                print(f"   {item['file_path']}")
            expect("the queue length after peeking", await client.get_queue_length(QUEUE), 5)

            print("\n4. Processing all items, first in, first out...")
            for number, detection in enumerate(detections, start=1):
                item = await client.get_from_queue(QUEUE, timeout=1)
                expect(f"item {number}", item, detection)
                print(f"   Processed {item['file_path']}")

            print("\n5. Verifying that the queue is empty...")
            length = await client.get_queue_length(QUEUE)
            expect("the queue length", length, 0)
            print(f"   Queue length: {length}")
        finally:
            await client.clear_queue(QUEUE)


async def example_cache_operations(redis_url: str | None = None) -> None:
    """Temporary data: a camera's status, which Redis forgets after 300 seconds."""
    print("\n=== Cache Operations Example ===")
    status = {"camera_id": "front_door", "status": "online", "fps": 15}
    async with RedisClient(redis_url, namespace=NAMESPACE) as client:
        try:
            print("1. Caching camera status...")
            await client.set(STATUS_KEY, status, expire=STATUS_TTL)
            print(f"   Cached {STATUS_KEY} for {STATUS_TTL} seconds")

            print("\n2. Retrieving cached status...")
            cached = await client.get(STATUS_KEY)
            expect("the cached status", cached, status)
            print(f"   Status: {cached}")

            print("\n3. Checking that the key exists...")
            existing = await client.exists(STATUS_KEY)
            expect("the number of keys", existing, 1)
            print(f"   Keys that exist: {existing}")

            print("\n4. Deleting the key...")
            deleted = await client.delete(STATUS_KEY)
            expect("the number of deleted keys", deleted, 1)
            print(f"   Keys deleted: {deleted}")

            print("\n5. Confirming the deletion...")
            cached = await client.get(STATUS_KEY)
            expect("the value of a deleted key", cached, None)
            print(f"   Status: {cached}")
        finally:
            await client.delete(STATUS_KEY)


async def example_pubsub(redis_url: str | None = None) -> None:
    """Real-time updates: a publisher sends events, a subscriber hears them as they come."""
    print("\n=== Pub/Sub Example ===")
    async with RedisClient(redis_url, namespace=NAMESPACE) as client:
        print(f"1. Subscribing to {CHANNEL}...")
        subscription = await client.subscribe(CHANNEL)  # from here on, nothing is missed

        async def receive(count: int) -> list[Any]:
            events: list[Any] = []
            async for message in client.listen(subscription):
                events.append(message["data"])
                if len(events) == count:
                    break
            return events

        subscriber = asyncio.create_task(receive(3))
        try:
            print("\n2. Publishing events...")
            for number in range(1, 4):
                event = {"event_id": number, "type": "motion", "camera_id": "front_door"}
                reached = await client.publish(CHANNEL, event)
                expect("the number of subscribers", reached, 1)
                print(f"   Published event {number}, subscribers reached: {reached}")

            print("\n3. Receiving events...")
            events = await asyncio.wait_for(subscriber, timeout=PATIENCE)
        except TimeoutError:
            raise ExampleError(f"Expected 3 events within {PATIENCE} s: fewer came.") from None
        finally:
            subscriber.cancel()
        for event in events:
            print(f"   Received event {event['event_id']}: {event['type']} at {event['camera_id']}")
        expect("the events in order", [event["event_id"] for event in events], [1, 2, 3])

        print("\n4. Unsubscribing...")
        await client.unsubscribe(CHANNEL)
        print(f"   Unsubscribed from {CHANNEL}")


async def main() -> None:
    """Run all examples, one after the other.

    Raises:
        ExampleError: there is no Redis, or an example did not do what it should.
        RedisError: Redis failed on the way.
    """
    async with find_redis() as redis_url:
        print(LINE)
        print("Redis Client Examples for Home Security Intelligence System")
        print(LINE)
        await example_health_check(redis_url)
        await example_queue_operations(redis_url)
        await example_cache_operations(redis_url)
        await example_pubsub(redis_url)
    print(f"\n{LINE}")
    print("All examples completed successfully!")
    print(LINE)


@asynccontextmanager
async def find_redis() -> AsyncIterator[str]:
    """Give the URL of the Redis to use, and print which one that is.

    Raises:
        ExampleError: there is none.
    """
    if url := os.environ.get("REDIS_URL"):
        if problem := await what_is_wrong_with(url, timeout=5):
            raise ExampleError(
                f"The server that REDIS_URL names cannot be used: {problem}\n"
                "Start it, correct REDIS_URL, or unset REDIS_URL to use another server."
            )
        print("Redis: the server that REDIS_URL names")
        yield url
    elif await what_is_wrong_with(DEFAULT_URL, timeout=1) is None:
        print("Redis: the server at localhost:6379")
        yield DEFAULT_URL
    else:
        try:
            # The examples alone know this package, which brings a small server.
            from private_redis import PrivateServer, RedisUnavailable
        except ImportError as error:
            raise ExampleError(
                f"No Redis answers at localhost:6379, and none can be started here ({error}).\n"
                "Start one: docker run -d -p 127.0.0.1:6379:6379 redis:7-alpine\n"
                "Or set REDIS_URL to a server of yours."
            ) from None
        try:
            server = PrivateServer().start()
        except RedisUnavailable as error:
            raise ExampleError(str(error)) from None
        with server:
            print("Redis: a private server, started for these examples")
            yield server.url


async def what_is_wrong_with(redis_url: str, timeout: float) -> str | None:
    """Connect once, with `timeout` seconds. Return why it failed, or None if it did not."""
    try:
        async with RedisClient(redis_url, timeout=timeout, attempts=1):
            return None
    except RedisError as error:
        return str(error)
    except (ValueError, TypeError):  # their own words might show a password
        return "it is not a URL of the form redis://HOST:PORT/DATABASE."


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except ExampleError as error:
        sys.exit(f"\n{error}")
    except RedisError as error:
        sys.exit(f"\nRedis failed: {error}\nCheck that the server runs, then try again.")
