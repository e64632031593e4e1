"""What the parts that are stages share. Their waits are seconds where production has minutes."""

import asyncio
import logging

from backend.core.redis import RedisClient
from backend.services.batch_aggregator import BatchAggregator
from backend.services.stage import Stage


async def work(*stages: Stage) -> None:
    """Let the stages work, and say when they do."""
    tasks = [stage.start() for stage in stages]
    try:
        for stage in stages:
            await stage.ready.wait()
        logging.info("at work")
        await asyncio.gather(*tasks)
    finally:
        for stage in stages:
            await stage.stop()


def aggregator(client: RedisClient) -> BatchAggregator:
    """Return a batch aggregator that does not wait for long."""
    return BatchAggregator(client, window=2.0, idle=1.0, check_every=0.2)
