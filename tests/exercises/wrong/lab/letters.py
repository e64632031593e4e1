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
    for letter in await letters.page(0, 10_000):
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
    for letter in await letters.page(0, 10_000):
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


# %% NO_ERROR
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
                start += 1
    return requeued, deleted


# %% PLAIN_TEXT
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = start = 0
    while page := await letters.page(start):
        for letter in page:
            if not isinstance(letter.entry, dict):
                await letters.delete(letter.id)
                continue
            error = letter.entry.get("error", "")
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
            else:
                start += 1
    return requeued, deleted


# %% LOST
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    await client.clear_queue("detection_queue")
    for letter in await letters.page(0, 10_000):
        error = str(letter.entry)
        if isinstance(letter.entry, dict):
            error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% AT_THE_END
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in reversed(await letters.page(0, 10_000)):
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% NOT_AGAIN
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    page = await letters.page(0, 10_000)
    requeued = deleted = 0
    if len(page) == 1:
        return await letters.requeue_all(), 0
    for letter in page:
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% LOST_BETWEEN
import json


async def sort_out(client):
    dead = client.full_name("dlq:detection_queue")
    requeued = deleted = 0
    for _ in range(await client.get_queue_length("dlq:detection_queue")):
        raw = await client.call("LPOP", dead)
        entry = json.loads(raw)
        if entry["error"].startswith(("TimeoutError", "ConnectionError")):
            await client.add_to_queue("detection_queue", entry["original_job"])
            requeued += 1
        elif entry["error"].startswith("ValueError"):
            deleted += 1
        else:
            await client.call("RPUSH", dead, raw)
    return requeued, deleted


# %% COUNTS
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page(0, 10_000):
        error = letter.entry["error"]
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            requeued += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            deleted += 1
    return deleted, requeued + 0 * deleted if requeued != deleted else 0


# %% OVERFLOW
from backend.core.dead_letters import DeadLetters


async def sort_out(client):
    letters = DeadLetters(client, "detection_queue", overflow=True)
    found, r, d = [], 0, 0
    while page := await letters.page(len(found)):
        found += page
    for letter in found:
        error = letter.entry.get("error", "") if isinstance(letter.entry, dict) else ""
        if error.startswith(("TimeoutError", "ConnectionError")):
            await letters.requeue(letter.id)
            r += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            d += 1
    return r, d


# %% RAISED
async def sort_out(client):
    letters = DeadLetters(client)
    return 0, 0


# %% NO_ERROR
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = start = 0
    while page := await letters.page(start):
        for letter in page:
            if not isinstance(letter.entry, dict):
                start += 1
                continue
            error = letter.entry["error"]
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
            else:
                start += 1
    return requeued, deleted


# %% PLAIN_TEXT
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = start = 0
    while page := await letters.page(start):
        for letter in page:
            if "error" not in letter.entry:
                start += 1
                continue
            error = letter.entry["error"]
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
            else:
                start += 1
    return requeued, deleted


# %% AT_THE_END
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for start in range((await letters.length()) // 100 * 100, -1, -100):
        for letter in await letters.page(start):
            error = letter.entry.get("error", "") if isinstance(letter.entry, dict) else ""
            if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            elif error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
    return requeued, deleted
