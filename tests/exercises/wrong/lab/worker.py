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
