"""Right answers to queue.consumer, each in its own way."""


# %% PLAIN
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": f"{type(error).__name__}: {error}"}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% GATHERED_ONE_BY_ONE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        (result,) = await asyncio.gather(handle(image), return_exceptions=True)
        if isinstance(result, Exception):
            entry = {"original_job": image, "error": str(result)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% PUTS_BACK_WHEN_CANCELLED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except asyncio.CancelledError:
            await client.add_to_queue("detection_queue", image)
            raise
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% NOTES_WHEN_IT_WAS_DONE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
            image["handled"] = True
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)
