"""Wrong answers to queue.consumer: each cell is named for the hint that it draws."""


# %% STOPPED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        await handle(image)


# %% SWALLOWED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            print("could not handle", image["file_path"], error)


# %% PUT_BACK
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            await client.add_to_queue("detection_queue", image)


# %% WHICH
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            await client.add_to_queue("dlq:detection_queue", str(error))


# %% WHY
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            entry = {"original_job": image, "error": "failed"}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% ALL_OF_THEM
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        error = ""
        try:
            await handle(image)
        except Exception as reason:
            error = str(reason)
        entry = {"original_job": image, "error": error}
        await client.add_to_queue("dlq:detection_queue", entry)


# %% OTHER_QUEUE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("detection_dlq", entry)


# %% NOT_HANDLED
async def consume(client, handle):
    for _ in range(await client.get_queue_length("detection_queue") - 1):
        image = await client.get_from_queue("detection_queue", timeout=1)
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% FORGOT_AWAIT
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            client.add_to_queue("dlq:detection_queue", entry)


# %% STOPPED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            print(image)
            break


# %% STOPPED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except ValueError as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% NO_JSON
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": error}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% OTHERS
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            await client.clear_queue("dlq:detection_queue")
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% WAITED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% TOO_LATE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=2)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% NEVER_ENDS
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=0)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% SOME
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            if isinstance(error, ValueError):
                entry = {"original_job": image, "error": str(error)}
                await client.add_to_queue("dlq:detection_queue", entry)


# %% TWICE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)
            try:
                await handle(image)
            except Exception:
                pass


# %% WRONG_TYPE
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            await client.delete("dlq:detection_queue")
            await client.set("dlq:detection_queue", {"original_job": image, "error": str(error)})


# %% AT_ONCE
async def consume(client, handle):
    async def one(image):
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)

    tasks = []
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        tasks.append(asyncio.create_task(one(image)))
    await asyncio.gather(*tasks)


# %% ALL_OF_THEM
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await asyncio.wait_for(handle(image), 0.05)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% GOES_ON
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except BaseException as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% HELD_BACK
async def consume(client, handle):
    bad = []
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            bad.append({"original_job": image, "error": str(error)})
    for entry in bad:
        await client.add_to_queue("dlq:detection_queue", entry)


# %% STOPPED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": error.args[0]}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% NOT_HANDLED
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        if "camera_id" not in image:
            continue
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% EXPIRES
async def consume(client, handle):
    letters = "dlq:detection_queue"
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            await client.add_to_queue(letters, {"original_job": image, "error": str(error)})
            await client.call("EXPIRE", client.full_name(letters), 86400)


# %% PUT_BACK
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            attempts = image.get("attempts", 0) + 1
            if attempts < 3:
                await client.add_to_queue("detection_queue", {**image, "attempts": attempts})
                continue
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% GOES_ON
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except asyncio.CancelledError:
            return
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)


# %% TAKEN_AHEAD
async def consume(client, handle):
    while images := await client.get_many_from_queue("detection_queue", 10, timeout=1):
        for image in images:
            try:
                await handle(image)
            except Exception as error:
                entry = {"original_job": image, "error": str(error)}
                await client.add_to_queue("dlq:detection_queue", entry)
