"""Right answers to outside.age."""


# %% IN_WHOLE_SECONDS
async def oldest_age(client):
    import json
    import time
    from datetime import datetime

    raw = await client.call("LINDEX", client.full_name("detection_queue"), 0)
    if raw is None:
        return None
    return int(time.time() - datetime.fromisoformat(json.loads(raw)["timestamp"]).timestamp())
