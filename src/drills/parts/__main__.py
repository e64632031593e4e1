"""The process of one part.

It reads the password of Redis from `secrets/redis` in the system's folder when it starts, as a
container does, and tries until Redis lets it in. Each part imports what it needs and no more, so
that eight of them are up soon.
"""

import asyncio
import json
import logging
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from drills.settings import Settings

if TYPE_CHECKING:
    from backend.core.redis import RedisClient

SIDE_JOBS = ("thumbnails", "report", "requeue")
"""The parts that share a module; each other one has a module of its own name."""


async def main(name: str, port: str, folder: Path, settings: Settings) -> None:
    """Do the part's work until SIGTERM."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    kind = name.partition("-")[0]
    module = "side_jobs" if kind in SIDE_JOBS else kind
    run = getattr(import_module(f"drills.parts.{module}"), kind)
    client = await connected(name, port, folder, settings)
    try:
        working = asyncio.ensure_future(run(name, client, folder, settings))
        told = asyncio.create_task(ending.wait())
        await asyncio.wait([working, told], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        working.cancel()
        await asyncio.wait([working])
        if not working.cancelled():
            working.result()  # raises what it failed with
    finally:
        await client.disconnect()
    logging.info("ended, as it was told to")


async def connected(name: str, port: str, folder: Path, settings: Settings) -> "RedisClient":
    """Return a client, once Redis lets it in."""
    from redis.exceptions import RedisError

    from backend.core.redis import RedisClient

    password = (folder / "secrets" / "redis").read_text().strip()
    url = f"redis://pipeline:{password}@127.0.0.1:{port}/0?client_name={name}"
    said = ""
    while True:
        client = RedisClient(url, namespace=settings.namespace, timeout=2.0, attempts=1)
        try:
            await client.connect()
            return client
        except (RedisError, OSError) as error:
            await client.disconnect()
            if said != (said := str(error)):
                logging.warning("cannot connect: %s", error)
        await asyncio.sleep(0.3)


if __name__ == "__main__":
    part, redis_port, system, chosen = sys.argv[1:]
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"
    )
    for chatty in ("watchfiles", "uvicorn", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if part == "camera":
        from drills.parts import camera

        camera.run(Path(system), Settings(**json.loads(chosen)))
    else:
        asyncio.run(main(part, redis_port, Path(system), Settings(**json.loads(chosen))))
