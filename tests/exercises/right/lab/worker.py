"""Right answers to lab.worker, each in its own way."""


# %% STEP_BY_STEP
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            try:
                await handle(job.data)
            except Exception as error:
                await queue.fail(job, error)
            else:
                await queue.acknowledge(job)


# %% A_FLAG
async def work(client, handle):
    running = True
    async with ReliableQueue(client, "detection_queue", lease=5.0, max_attempts=3) as queue:
        while running:
            async with queue.reserve(timeout=1.0) as job:
                if job:
                    await handle(job.data)
                else:
                    running = False


# %% A_NAME_OF_CHANCE
async def work(client, handle):
    import uuid

    name = f"detector-{uuid.uuid4().hex}"
    async with ReliableQueue(client, "detection_queue", consumer=name) as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    break
                await handle(job.data)


# %% LOGS_AND_RAISES
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue", backoff_base=0.5) as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                try:
                    await handle(job.data)
                except Exception as error:
                    print("failed, will be tried again:", error)
                    raise


# %% A_HELPER
async def work(client, handle):
    async def one(queue):
        async with queue.reserve(timeout=1) as job:
            if job is not None:
                await handle(job.data)
        return job is not None

    async with ReliableQueue(client, "detection_queue") as queue:
        while await one(queue):
            pass


# %% NAMED_BY_PROCESS
async def work(client, handle):
    import os

    name = f"worker-{os.getpid()}-{time.monotonic_ns()}"
    async with ReliableQueue(client, queue_name="detection_queue", consumer=name) as queue:
        job = True
        while job:
            async with queue.reserve(1) as job:
                if job:
                    item = job.data
                    await handle(item)
