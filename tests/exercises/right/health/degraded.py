"""Right answers to health.degraded, each in its own way."""


# %% A_TASK
async def probe(client):
    checking = asyncio.create_task(client.health_check())
    done, _ = await asyncio.wait({checking}, timeout=0.2)
    if (await checking)["status"] != "healthy":
        return "down"
    return "healthy" if done else "degraded"
