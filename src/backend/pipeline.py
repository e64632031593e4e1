"""The whole pipeline, from the cameras' folders to the dashboard, as one process or as many.

    python -m backend.pipeline --root /export/foscam
    python -m backend.pipeline --root /export/foscam --stage file_watcher

The Redis is the one that REDIS_URL names, else localhost:6379. Ctrl-C ends it; what is in the
queues and in open batches stays there for the next time.
"""

import argparse
import asyncio
import logging
import math
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from redis.exceptions import RedisError

from backend.core.diagnosis import diagnose
from backend.core.redis import RedisClient
from backend.services.analyzer import AnalysisWorker, Analyzer
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import IDLE, WINDOW, BatchAggregator
from backend.services.detector import DetectionWorker, Detector
from backend.services.file_watcher import FileWatcher
from backend.services.stage import Stage
from backend.services.system_status import SystemStatus

TIMEOUT = 5.0  # seconds that Redis has for each answer
LONGEST_BACKOFF = 1.0  # seconds between two tries: so soon is all at work when Redis is back
LONGEST_CHECK = 0.5  # seconds between two looks at which batches are due

T = TypeVar("T")

# What brings much with it (numpy, httpx, FastAPI) is imported where it is made: so a stage with a
# process of its own starts in half the time.

logger = logging.getLogger("backend.pipeline")


class PipelineError(Exception):
    """The pipeline cannot start, or a stage has failed. The message is for the reader."""


def make_detector(options: argparse.Namespace) -> Detector:
    """Return the detector that the options ask for."""
    try:
        if options.detector_model:
            # It needs packages of its own.
            from backend.services.detectors.rt_detr import RTDetrDetector

            return RTDetrDetector(options.detector_model)
        from backend.services.detectors.background import BackgroundDetector

        if options.backgrounds:
            return BackgroundDetector.from_folder(options.backgrounds)
    except (ImportError, OSError, ValueError) as error:
        raise PipelineError(f"The detector cannot start: {error}") from None
    return BackgroundDetector()


def make_analyzer(options: argparse.Namespace) -> Analyzer:
    """Return the analyzer that the options ask for."""
    if options.analyzer_url:
        from backend.services.analyzers.model import ModelAnalyzer

        key = os.environ.get("ANALYZER_API_KEY")
        try:
            return ModelAnalyzer(options.analyzer_url, model=options.analyzer_model, api_key=key)
        except ValueError as error:
            raise PipelineError(
                f"The analyzer cannot start: {error}. See --analyzer-url and ANALYZER_API_KEY."
            ) from None
    return RuleAnalyzer()


def make_aggregator(client: RedisClient, options: argparse.Namespace) -> BatchAggregator:
    """Return a batch aggregator with the settings that the options ask for."""
    return BatchAggregator(
        client,
        window=options.window,
        idle=options.idle,
        check_every=min(LONGEST_CHECK, options.idle / 4),
    )


STAGES: dict[str, Callable[[RedisClient, argparse.Namespace], Stage]] = {
    "file_watcher": lambda client, options: FileWatcher(
        client, options.root, settle=options.settle, max_age=options.max_age
    ),
    "detector": lambda client, options: DetectionWorker(
        client, make_detector(options), make_aggregator(client, options)
    ),
    "batch_aggregator": make_aggregator,
    "analyzer": lambda client, options: AnalysisWorker(client, make_analyzer(options)),
    "web": lambda client, options: SystemStatus(client),  # beside it, `run` serves the dashboard
}
"""Every stage, by the name that `--stage` knows, in the order of the line; and how it is made."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says; end the program with status 2 if it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m backend.pipeline",
        usage="%(prog)s [--root FOLDER] [--stage NAME] [option ...]",
        description=f"Run the pipeline, or one stage of it: {', '.join(STAGES)}.",
        epilog="No cameras, no Redis? python -m backend.examples.pipeline brings both.",
    )
    parser.add_argument(
        "--stage",
        choices=STAGES,
        action="append",
        metavar="NAME",
        help="run only this one; may be given again; default: all",
    )
    parser.add_argument(
        "--redis-url", metavar="URL", help="default: what REDIS_URL names, else localhost:6379"
    )
    parser.add_argument(
        "--namespace", default="", help="put before all names in Redis; default: nothing"
    )
    _add_options_of_file_watcher(parser.add_argument_group("file_watcher").add_argument)
    _add_options_of_detector(parser.add_argument_group("detector").add_argument)
    _add_options_of_batch_aggregator(parser.add_argument_group("batch_aggregator").add_argument)
    _add_options_of_analyzer(parser.add_argument_group("analyzer").add_argument)
    _add_options_of_web(parser.add_argument_group("web").add_argument)
    options = parser.parse_args(arguments)
    if "file_watcher" in (options.stage or STAGES):
        try:
            next(options.root.iterdir(), None)
        except OSError as error:
            parser.error(
                f"--root {options.root}: {error.strerror}. It names the folder in which each "
                "camera has a folder of its own."
            )
    return options


Add = Callable[..., argparse.Action]


def _add_options_of_file_watcher(add: Add) -> None:
    add(
        "--root",
        type=Path,
        default=Path("/export/foscam"),
        metavar="FOLDER",
        help="holds a folder for each camera; default: %(default)s",
    )
    add(
        "--settle",
        type=seconds,
        default=0.5,
        metavar="SECONDS",
        help="a file is whole when it has not changed for so long; default: %(default)s",
    )
    add(
        "--max-age",
        type=seconds,
        metavar="SECONDS",
        help="leave out what is older at the start; default: nothing is left out",
    )


def _add_options_of_detector(add: Add) -> None:
    add(
        "--backgrounds",
        type=Path,
        metavar="FOLDER",
        help="images <camera_id>.png of what cameras see when nothing is there; "
        "default: the first image of each camera",
    )
    add(
        "--detector-model",
        type=Path,
        metavar="FOLDER",
        help="detect with RT-DETRv2, from here; default: compare with the background",
    )


def _add_options_of_batch_aggregator(add: Add) -> None:
    """Add them. The detector opens batches too, so it wants the same ones."""
    add(
        "--window",
        type=seconds,
        default=WINDOW,
        metavar="SECONDS",
        help="a batch is closed so long after its first detection; default: %(default)g",
    )
    add(
        "--idle",
        type=seconds,
        default=IDLE,
        metavar="SECONDS",
        help="or so long after its latest one; default: %(default)g",
    )


def _add_options_of_analyzer(add: Add) -> None:
    add(
        "--analyzer-url",
        metavar="URL",
        help="OpenAI-compatible server; ANALYZER_API_KEY has its key; default: rules decide",
    )
    add(
        "--analyzer-model",
        default="nemotron",
        metavar="NAME",
        help="the model to ask there; default: %(default)s",
    )


def _add_options_of_web(add: Add) -> None:
    add(
        "--host",
        default="127.0.0.1",
        help="the address that the dashboard listens on; default: %(default)s, this machine alone",
    )
    add("--port", type=port, default=8000, help="its port, 0 for a free one; default: %(default)s")
    add(
        "--allowed-host",
        action="append",
        metavar="NAME",
        help="a name of this machine or of a reverse proxy before it; may be given again; "
        "default: those in ALLOWED_HOSTS",
    )


def seconds(text: str) -> float:
    """Return a length of time above 0. Raises ArgumentTypeError for any other text."""
    with suppress(ValueError):
        if 0 < (value := float(text)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")


def port(text: str) -> int:
    """Return a port's number. Raises ArgumentTypeError for any other text."""
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")


def make_stages(client: RedisClient, options: argparse.Namespace) -> list[Stage]:
    """Return the stages that the options ask for, the last of the line first.

    Raises:
        PipelineError: a folder is not there, or a package is missing.
    """
    wanted = options.stage or STAGES
    return [make(client, options) for name, make in reversed(STAGES.items()) if name in wanted]


async def run(
    options: argparse.Namespace, beside: Callable[[str], Coroutine[Any, Any, None]] | None = None
) -> None:
    """Run the pipeline until Ctrl-C, or until it is told to end (SIGTERM).

    Args:
        options: see `parse`.
        beside: what to run beside the stages, for as long as they and the dashboard do; it is
            given the dashboard's address.

    Raises:
        PipelineError: it cannot start, or a stage has failed.
    """
    # Before all else: a Ctrl-C that comes at once is heard, too.
    async with _asked_to_end() as asked, AsyncExitStack() as stack:
        client = RedisClient(
            options.redis_url,
            namespace=options.namespace,
            timeout=TIMEOUT,
            backoff_cap=LONGEST_BACKOFF,
        )
        stack.push_async_callback(client.disconnect)
        await connect(client)
        tasks = {
            stage.name: stage.start() for stage in _entered(stack, make_stages(client, options))
        }
        tasks["watch over Redis"] = _started(stack, watch_over_redis(client))
        if "web" in (options.stage or STAGES):
            url = await _serve_dashboard(stack, client, options)
            logger.info("the dashboard is at %s", url)
            if beside:
                tasks["work beside the stages"] = _started(stack, beside(url))
        logger.info("at work; Ctrl-C ends it")
        waiting = _started(stack, asked.wait())
        await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        for name, task in tasks.items():
            if task.done() and (error := task.exception()):
                logger.error("%s has failed", name, exc_info=error)
                raise PipelineError(f"{name} has failed: {error}")
        logger.info("ending")


async def watch_over_redis(client: RedisClient) -> None:
    """Say when Redis does not answer, and when it is back; until cancelled.

    For a short while the stages wait without a word, and a stage that has nothing to do notices
    nothing. The dashboard shows it at once, so the log says it as well.
    """
    answers = True
    while True:
        health = await client.health_check()
        if answers and not health["connected"]:
            logger.warning("Redis does not answer: %s", health["error"])
        if health["connected"] and not answers:
            logger.info("Redis is back")
        answers = health["connected"]
        await asyncio.sleep(1)


async def _serve_dashboard(
    stack: AsyncExitStack, client: RedisClient, options: argparse.Namespace
) -> str:
    """Serve the dashboard until the stack ends; return its address."""
    from backend.api.app import create_app
    from backend.api.serve import serve

    app = create_app(client, allowed_hosts=options.allowed_host)
    try:
        return await stack.enter_async_context(serve(app, host=options.host, port=options.port))
    except OSError as error:
        raise PipelineError(
            f"Port {options.port} of {options.host} cannot be used: {error.strerror}. "
            "Choose another one with --port, or 0 for a free one."
        ) from None


async def connect(client: RedisClient) -> None:
    """Connect the client.

    Raises:
        PipelineError: it cannot be connected. The message says why, and no password.
    """
    try:
        await client.connect()
    except ValueError as error:  # the URL cannot be read, or does not go with the namespace
        raise PipelineError(str(error)) from None
    except (RedisError, OSError) as error:
        raise PipelineError(
            f"{diagnose(client.redis_url, error, TIMEOUT)}\n"
            "The server is the one that --redis-url names, else REDIS_URL, else localhost:6379. "
            "docker compose up -d redis starts one; python -m backend.examples.pipeline brings "
            "one, and cameras, to try the pipeline out."
        ) from None


def _entered(stack: AsyncExitStack, stages: list[Stage]) -> list[Stage]:
    """See to it that the stages are stopped when the stack ends."""

    async def stop(stage: Stage) -> None:
        with suppress(Exception):  # what it failed with has been told
            await stage.stop()

    for stage in stages:
        stack.push_async_callback(stop, stage)
    return stages


def _started(stack: AsyncExitStack, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start some work that is cancelled when the stack ends."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        await asyncio.wait([task])

    stack.push_async_callback(end)
    return task


@asynccontextmanager
async def _asked_to_end() -> AsyncIterator[asyncio.Event]:
    """Give an event that Ctrl-C sets. A second Ctrl-C ends the program at once."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = signal.SIGINT, signal.SIGTERM

    def ask() -> None:
        asked.set()
        for number in signals:
            loop.remove_signal_handler(number)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    for number in signals:
        loop.add_signal_handler(number, ask)
    try:
        yield asked
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


class _Line(logging.Formatter):
    """One line for each record: time, stage, what happened."""

    def format(self, record: logging.LogRecord) -> str:
        record.stage = record.name.rpartition(".")[2]
        return super().format(record)


def set_up_logging() -> None:
    """Log to stderr, in lines such as `22:31:07 detector  driveway: 'a.jpg' shows car 0.94`."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _Line("%(asctime)s %(levelname)-7s %(stage)-17s %(message)s", datefmt="%H:%M:%S")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("watchfiles", "httpx", "uvicorn", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    set_up_logging()
    try:
        asyncio.run(run(parse()))
    except PipelineError as error:
        sys.exit(f"\n{error}")
