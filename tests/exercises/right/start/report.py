"""Right answers to start.report, each in its own way."""


# %% DEDUPED
async def report(client, job):
    key = job["file_hash"]
    pushed = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)
    return pushed.queue_length
