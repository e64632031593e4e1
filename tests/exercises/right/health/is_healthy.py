"""Right answers to health.is_healthy, each in its own way."""


# %% TRIES_THREE_TIMES
async def is_healthy(client):
    for _ in range(3):
        if (await client.health_check())["status"] == "healthy":
            return True
        await asyncio.sleep(0.1)
    return False
