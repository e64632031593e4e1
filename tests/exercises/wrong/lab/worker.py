"""Wrong answers to lab.worker: each cell is named for the hint that it draws."""


# %% POPPED
async def work(client, handle):
    while (item := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        await handle(item)


# %% TOO_EARLY
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await queue.acknowledge(job)
            await handle(job.data)


# %% TOO_EARLY
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
            await handle(job.data)


# %% WHOLE_JOB
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job)


# %% NO_JOB
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                await handle(job.data)


# %% FOR_EVER
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve() as job:
                if job is None:
                    return
                await handle(job.data)


# %% FOR_EVER
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job:
                    await handle(job.data)


# %% NEVER_DONE
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await handle(job.data)


# %% STOPPED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await handle(job.data)
            await queue.acknowledge(job)


# %% SWALLOWED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                try:
                    await handle(job.data)
                except Exception as error:
                    print("could not handle", job.data, error)


# %% AT_ONCE
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                try:
                    await handle(job.data)
                except Exception:
                    await client.add_to_queue("detection_queue", job.data)


# %% NOT_HANDLED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is not None:
                    await handle(job.data)
                return


# %% FORGOT_AWAIT
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                handle(job.data)


# %% GIVEN_UP
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue", max_attempts=1) as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job.data)


# %% ONE_NAME
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue", consumer="detector-1") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job.data)


# %% TOO_SOON
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=0.5) as job:
                if job is None:
                    return
                await handle(job.data)


# %% TOO_LATE
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=3) as job:
                if job is None:
                    return
                await handle(job.data)


# %% SECOND_TYPE
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                try:
                    await handle(job.data)
                except KeyError:
                    print("no such field")


# %% STOPPED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            try:
                await handle(job.data)
            except ValueError as error:
                await queue.fail(job, error)
            else:
                await queue.acknowledge(job)


# %% NOT_LATER
async def work(client, handle):
    failed = []
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    break
                try:
                    await handle(job.data)
                except Exception:
                    failed.append(job.data)
    for item in failed:
        await client.add_to_queue("detection_queue", item)


# %% IN_HAND
async def work(client, handle):
    queue = await ReliableQueue(client, "detection_queue").__aenter__()
    while True:
        job = await queue.take(timeout=1)
        if job is None:
            return
        try:
            await handle(job.data)
        except Exception:
            await queue.__aexit__(None, None, None)
            await client.call("RPUSH", client.full_name("detection_queue:processing:x"), job.raw)
            await client.call("ZADD", client.full_name("detection_queue:consumers"), 1, "x")
            queue = await ReliableQueue(client, "detection_queue").__aenter__()
            await queue.acknowledge(await queue.take(timeout=1))
        else:
            await queue.acknowledge(job)


# %% POPPED
async def work(client, handle):
    for _ in range(await client.get_queue_length("detection_queue")):
        item = await client.get_from_queue("detection_queue", timeout=1)
        try:
            await handle(item)
        except Exception:
            await client.add_to_queue("detection_queue", item)


# %% LOST
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            try:
                await handle(job.data)
            except Exception as error:
                await queue.fail(job, error)
            finally:
                await queue.acknowledge(job)


# %% STOPPED
async def work(client, handle):
    async def one(queue):
        async with queue.reserve(timeout=1) as job:
            if job is not None:
                await handle(job.data)
            return job is not None

    async with ReliableQueue(client, "detection_queue") as queue:
        while await one(queue):
            pass


# %% TOO_OFTEN
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue", max_attempts=5) as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job.data)


# %% GIVEN_UP
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue", max_attempts=2) as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job.data)


# %% TOO_LATE
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=2) as job:
                if job is None:
                    return
                await handle(job.data)


# %% WENT_ON
from backend.core.reliable_queue import ReliableQueue


async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            try:
                await handle(job.data)
            except BaseException as error:
                await queue.fail(job, error)
            else:
                await queue.acknowledge(job)


# %% BLOCK
async def work(client, handle):
    queue = ReliableQueue(client, "detection_queue")
    while True:
        async with queue.reserve(timeout=1) as job:
            if job is None:
                return
            await handle(job.data)


# %% BLOCK
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            job = await queue.reserve(timeout=1)
            if job is None:
                return
            await handle(job.data)
            await queue.acknowledge(job)


# %% RAISED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                await handle(job["data"])


# %% NOT_RETRIED
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while await client.get_queue_length("detection_queue"):
            async with queue.reserve(timeout=1) as job:
                if job:
                    await handle(job.data)
        await asyncio.sleep(1)


# %% GOES_ON
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            try:
                async with queue.reserve(timeout=1) as job:
                    if job is None:
                        return
                    await handle(job.data)
            except BaseException as error:
                print("went wrong", error)
