"""Right answers to outside.age."""


# %% in whole seconds, with LINDEX
async def oldest_age(client):
    import json
    import time
    from datetime import datetime

    raw = await client.call("LINDEX", client.full_name("detection_queue"), 0)
    if raw is None:
        return None
    return int(time.time() - datetime.fromisoformat(json.loads(raw)["timestamp"]).timestamp())


# %% as the backend has it
async def oldest_age(client):
    from backend.core.queue_state import queue_state

    return (await queue_state(client, "detection_queue")).waiting_age
