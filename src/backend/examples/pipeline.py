"""The whole pipeline with nothing installed: drawn cameras, and a Redis that ends with the program.

    python -m backend.examples.pipeline

Every few seconds it draws a scene and drops the image into its camera's folder, as a camera does
that has seen something. Within a second of that a card stands on the dashboard. Ctrl-C ends it:
the images, and all that the pipeline wrote to Redis, are gone then.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from redis.exceptions import RedisError

from backend import pipeline
from backend.core.namespaces import new_namespace
from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, TYPES, Scene, background, scene
from private_redis import PrivateServer, RedisUnavailable, client_without_retries

# In production a batch waits 30 s for what may come next. Here, a card shall come soon.
HURRY = ("--settle", "0.05", "--idle", "0.3", "--window", "2")
STORM = 60  # images that come at once, every fifth time
MOST_IMAGES = 1_000  # that are kept: the disk is not to fill up overnight

WHAT_TO_SEE = f"""
The dashboard: {{url}}
Open this address in a browser on this machine, and look at

  the cards    what has come past a camera, within a second of it, and how risky that is
  the chart    every fifth time {STORM} images come at once: detection_queue rises, the cards come
               later, and nothing is lost
  the cameras  online since their first image

The log below tells the same, stage by stage. Ctrl-C ends all of it.
"""

logger = logging.getLogger("backend.examples.cameras")


async def film(root: Path, every: float) -> None:
    """Drop a scene into its camera's folder, again and again, until cancelled.

    Args:
        root: the folder of the cameras' folders.
        every: seconds from one scene to the next.
    """
    numbers = count(1)
    images: deque[Path] = deque()
    for turn in count(1):
        together = STORM if turn % 5 == 0 else 1
        for drawn in [await asyncio.to_thread(draw, next(numbers)) for _ in range(together)]:
            images.append(await asyncio.to_thread(drawn.save, root))
            logger.info("%s: wrote %r", drawn.camera_id, images[-1].name)
            if len(images) > MOST_IMAGES:
                images.popleft().unlink()
        await asyncio.sleep(every)


def draw(number: int) -> Scene:
    """Draw one thing or two in front of one of the cameras, each in its turn."""
    chance = random.Random(number)
    types = chance.choices(TYPES, k=chance.choice([1, 1, 2]))
    return scene(CAMERAS[number % len(CAMERAS)], *types, seed=number)


@contextmanager
def redis_for_a_while() -> Iterator[tuple[str, str]]:
    """Give the URL of a Redis, and a namespace there whose keys are removed at the end.

    Raises:
        PipelineError: the server that REDIS_URL names cannot be used, or no private one started.
    """
    if url := os.environ.get("REDIS_URL"):
        namespace = new_namespace("example", url)
        asyncio.run(make_sure_of(url))
        print(
            f"Redis: the server that REDIS_URL names; its keys begin with {namespace}", flush=True
        )
        try:
            yield url, namespace
        finally:
            remove_keys(url, namespace)
        return
    try:
        server = PrivateServer().start()
    except RedisUnavailable as error:
        raise pipeline.PipelineError(str(error)) from None
    with server:
        print("Redis: a private server, which ends with this program", flush=True)
        yield server.url, ""


async def make_sure_of(url: str) -> None:
    """Connect once. Raises PipelineError if that cannot be done."""
    client = RedisClient(url)
    await pipeline.connect(client)
    await client.disconnect()


def remove_keys(url: str, namespace: str) -> None:
    """Remove what the pipeline wrote, or say that it is left."""
    try:
        with client_without_retries(url, timeout=5) as client:
            for key in client.scan_iter(match=f"{namespace}*", count=1000):
                client.unlink(key)
    except RedisError as error:
        print(f"Keys that begin with {namespace} are left: {error}", file=sys.stderr)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m backend.examples.pipeline",
        description="Run the whole pipeline on drawn scenes, with a private Redis "
        "(or, in a namespace of its own, the one that REDIS_URL names).",
    )
    parser.add_argument(
        "--every",
        type=pipeline.seconds,
        default=4.0,
        metavar="SECONDS",
        help="from one scene to the next; default: %(default)g",
    )
    parser.add_argument(
        "--port",
        type=pipeline.port,
        default=0,
        help="the dashboard's port; default: %(default)s, which takes a free one",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pipeline until Ctrl-C.

    Raises:
        PipelineError: it cannot start, or a stage has failed.
    """
    chosen = parse(arguments)

    async def show(url: str) -> None:
        print(WHAT_TO_SEE.format(url=url), flush=True)
        await film(root, chosen.every)

    with tempfile.TemporaryDirectory() as folder, redis_for_a_while() as (url, namespace):
        root, backgrounds = Path(folder, "cameras"), Path(folder, "backgrounds")
        for each in (root, backgrounds):
            each.mkdir()
        for camera_id in CAMERAS:
            background(camera_id).save(backgrounds / f"{camera_id}.png")
        where = ["--root", str(root), "--backgrounds", str(backgrounds), "--port", str(chosen.port)]
        where += ["--redis-url", url, "--namespace", namespace]
        asyncio.run(pipeline.run(pipeline.parse([*HURRY, *where]), beside=show))


if __name__ == "__main__":
    pipeline.set_up_logging()
    try:
        main()
    except pipeline.PipelineError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:  # before the pipeline listens for it
        sys.exit(130)
