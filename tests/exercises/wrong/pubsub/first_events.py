"""Wrong answers to pubsub.first_events: each cell is named for the hint that it draws."""


# %% NO_DEADLINE
async def first_events(client, subscription, count, seconds):
    received = []
    async for message in client.listen(subscription):
        received.append(message["data"]["data"]["event_id"])
        if len(received) == count:
            return received


# %% EACH_ANEW
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        while len(received) < count:
            async with asyncio.timeout(seconds):
                message = await anext(client.listen(subscription))
            received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received


# %% LOST_AT_DEADLINE
async def first_events(client, subscription, count, seconds):
    try:
        async with asyncio.timeout(seconds):
            received = []
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    return received
    except TimeoutError:
        return []


# %% ESCAPES
async def first_events(client, subscription, count, seconds):
    received = []
    async with asyncio.timeout(seconds):
        async for message in client.listen(subscription):
            received.append(message["data"]["data"]["event_id"])
            if len(received) == count:
                break
    return received


# %% ONE_TOO_MANY
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                if len(received) == count:
                    break
                received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received


# %% WHOLE_MESSAGE
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received.append(message["data"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return received


# %% TOO_FEW
async def first_events(client, subscription, count, seconds):
    # The first message is taken for Redis's confirmation; the client leaves those out.
    received = []
    try:
        async with asyncio.timeout(seconds):
            await anext(client.listen(subscription))
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count - 1:
                    break
    except TimeoutError:
        pass
    return received


# %% FORGOT_AWAIT
async def first_events(client, subscription, count, seconds):
    return [anext(client.listen(subscription)) for _ in range(count)]


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds / 1000):
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return received


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    received = []
    listener = client.listen(subscription)
    while len(received) < count:
        try:
            message = await asyncio.wait_for(anext(listener), 0.1)
        except TimeoutError:
            break
        received.append(message["data"]["data"]["event_id"])
    return received


# %% ORDER
async def first_events(client, subscription, count, seconds):
    received = set()
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received.add(message["data"]["data"]["event_id"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return sorted(received)


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds / 1000):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(0.1):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds / 2):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_LATE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds + 1):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(1):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    got = []
    listener = client.listen(subscription)
    while len(got) < count:
        try:
            m = await asyncio.wait_for(anext(listener), 0.1)
        except TimeoutError:
            break
        got.append(m["data"]["data"]["event_id"])
    return got


# %% EACH_ANEW
async def first_events(client, subscription, count, seconds):
    got = []
    while len(got) < count:
        try:
            m = await asyncio.wait_for(anext(client.listen(subscription)), seconds)
        except TimeoutError:
            break
        got.append(m["data"]["data"]["event_id"])
    return got


# %% ORDER
async def first_events(client, subscription, count, seconds):
    got = set()
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.add(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return sorted(got)


# %% ORDER
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.insert(0, m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% ONE_TOO_MANY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) > count:
                    break
    except TimeoutError:
        pass
    return got


# %% ONE_TOO_MANY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                pass
    except TimeoutError:
        pass
    return got[:count]


# %% TOO_FEW
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                break
    except TimeoutError:
        pass
    return got


# %% WHOLE_MESSAGE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% WHOLE_MESSAGE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% NOT_HEARD
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(await client.subscribe("security_events")):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% LOST_AT_DEADLINE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    return got
    except TimeoutError:
        pass
    pass


# %% LOST_AT_DEADLINE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        return []
    return got


# %% YIELDS
async def first_events(client, subscription, count, seconds):
    async for m in client.listen(subscription):
        yield m["data"]["data"]["event_id"]


# %% ONE_TOO_MANY
async def first_events(client, subscription, count, seconds):
    got = []

    async def go():
        async for m in client.listen(subscription):
            got.append(m["data"]["data"]["event_id"])

    task = asyncio.create_task(go())
    await asyncio.sleep(seconds)
    task.cancel()
    return got[:count]


# %% NO_DEADLINE
import time


async def first_events(client, subscription, count, seconds):
    got, start = [], time.monotonic()
    async for m in client.listen(subscription):
        got.append(m["data"]["data"]["event_id"])
        if len(got) == count or time.monotonic() - start > seconds:
            break
    return got


# %% TOO_FEW
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count - 1:
                    break
    except TimeoutError:
        pass
    return got


# %% OTHER
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(str(m["data"]["data"]["event_id"]))
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_LATE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds * count):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% TOO_MANY
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == 3:
                    break
    except TimeoutError:
        pass
    return got


# %% NOT_LEFT
import asyncio


async def first_events(client, subscription, count, seconds):
    heard = []

    async def listen():
        async for message in client.listen(subscription):
            heard.append(message["data"]["data"]["event_id"])
            if len(heard) >= count:
                return

    task = asyncio.create_task(listen())
    await asyncio.wait([task], timeout=seconds)
    return heard


# %% NOT_LEFT
import asyncio


async def first_events(client, subscription, count, seconds):
    heard = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                heard.append(message["data"]["data"]["event_id"])
                if len(heard) == count:
                    break
    except TimeoutError:
        pass
    await client.unsubscribe("security_events")
    return heard


# %% SWALLOWED
import asyncio


async def first_events(client, subscription, count, seconds):
    heard = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                heard.append(message["data"]["data"]["event_id"])
                if len(heard) == count:
                    break
    except BaseException:
        pass
    return heard


# %% RAISED
import signal


async def first_events(client, subscription, count, seconds):
    heard = []

    def over(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        async for message in client.listen(subscription):
            heard.append(message["data"]["data"]["event_id"])
            if len(heard) == count:
                break
    except TimeoutError:
        pass
    return heard


# %% EACH_ANEW
import time


async def first_events(client, subscription, count, seconds):
    received, end = [], time.monotonic() + seconds
    while len(received) < count and time.monotonic() < end:
        try:
            message = await asyncio.wait_for(anext(client.listen(subscription)), seconds)
        except TimeoutError:
            break
        received.append(message["data"]["data"]["event_id"])
    return received


# %% OTHER
async def first_events(client, subscription, count, seconds):
    received = {}
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received[message["data"]["data"]["event_id"]] = message
                if len(received) >= count:
                    break
    except TimeoutError:
        pass
    return list(received)
