"""Wrong answers to lab.letters: each cell is named for the hint that it draws."""


# %% ALL_BACK
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    return await letters.requeue_all(), 0


# %% ALL_GONE
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        else:
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% LOOSE
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if "TimeoutError" in error or "ConnectionError" in error:
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% WRAPPED
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await client.add_to_queue("detection_queue", letter.entry)
            await letters.delete(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% LOST_BETWEEN
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.delete(letter.id)
            await client.add_to_queue("detection_queue", letter.entry["original_job"])
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% TWICE_BETWEEN
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await client.add_to_queue("detection_queue", letter.entry["original_job"])
            await letters.delete(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% HALF
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith("TimeoutError"):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% FIRST_PAGE
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% SKIPPED
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = start = 0
    while page := await letters.page(start):
        for letter in page:
            error = letter.entry["error"]
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
        start += len(page)
    return requeued, deleted


# %% FOR_EVER
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    while page := await letters.page():
        for letter in page:
            error = letter.entry["error"]
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
    return requeued, deleted


# %% EMPTY
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page(count=await letters.length()):
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% COUNTS
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = start = 0
    while page := await letters.page(start):
        for letter in page:
            error = letter.entry["error"]
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
            else:
                start += 1  # it stays: the next page begins behind it
    return requeued


# %% FORGOT_AWAIT
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page():
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% OTHER
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = 0
    for letter in await letters.page():
        if letter.entry["error"].startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
    return requeued, 0
