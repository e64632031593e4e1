"""The whole pipeline, from the cameras' folders to the dashboard, as one process or as many.

    python -m backend.pipeline --root /export/foscam
    python -m backend.pipeline --root /export/foscam --stage file_watcher

The Redis is the one that REDIS_URL names, else localhost:6379. Ctrl-C ends it; what is in the
queues and in open batches stays there for the next time.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from redis.exceptions import RedisError

from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.diagnosis import diagnose, what_is_wrong_with
from backend.core.redis import RedisClient
from backend.services.analyzer import AnalysisWorker, Analyzer
from backend.services.analyzers.model import ModelAnalyzer
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import DetectionWorker, Detector
from backend.services.detectors.background import BackgroundDetector
from backend.services.file_watcher import FileWatcher
from backend.services.stage import Stage
from backend.services.system_status import SystemStatus

TIMEOUT = 5.0  # seconds that Redis has for each answer

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
        if options.backgrounds:
            return BackgroundDetector.from_folder(options.backgrounds)
    except (ImportError, OSError, ValueError) as error:
        raise PipelineError(f"The detector cannot start: {error}") from None
    return BackgroundDetector()


def make_analyzer(options: argparse.Namespace) -> Analyzer:
    """Return the analyzer that the options ask for."""
    if options.analyzer_url:
        key = os.environ.get("ANALYZER_API_KEY")
        try:
            return ModelAnalyzer(options.analyzer_url, model=options.analyzer_model, api_key=key)
        except ValueError as error:
            raise PipelineError(f"--analyzer-url: {error}.") from None
    return RuleAnalyzer()


def make_aggregator(client: RedisClient, options: argparse.Namespace) -> BatchAggregator:
    """Return a batch aggregator with the settings that the options ask for."""
    return BatchAggregator(client, window=options.window, idle=options.idle)


STAGES: dict[str, Callable[[RedisClient, argparse.Namespace], Stage]] = {
    "file_watcher": lambda client, options: FileWatcher(
        client, options.root, max_age=options.max_age
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
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m backend.pipeline",
        description=f"Run the pipeline: {', '.join(STAGES)}.",
    )
    parser.add_argument(
        "--stage", choices=STAGES, action="append", help="only this one; may be given again"
    )
    parser.add_argument(
        "--root", type=Path, default=Path("/export/foscam"), help="folder of the cameras' folders"
    )
    parser.add_argument(
        "--max-age", type=float, metavar="SECONDS", help="leave out what is older at the start"
    )
    parser.add_argument(
        "--backgrounds",
        type=Path,
        metavar="FOLDER",
        help="images <camera_id>.png of what cameras see when nothing is there",
    )
    parser.add_argument(
        "--detector-model", type=Path, metavar="FOLDER", help="detect with RT-DETRv2, from here"
    )
    parser.add_argument(
        "--analyzer-url",
        metavar="URL",
        help="OpenAI-compatible server; without it, rules decide. ANALYZER_API_KEY has its key",
    )
    parser.add_argument("--analyzer-model", default="nemotron", metavar="NAME")
    parser.add_argument("--window", type=float, default=90.0, help="longest batch, in seconds")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds that end a batch")
    parser.add_argument("--host", default="127.0.0.1", help="where the dashboard listens")
    parser.add_argument(
        "--allowed-host",
        action="append",
        metavar="NAME",
        help="a name of this machine or of a reverse proxy before it; may be given again",
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--redis-url", metavar="URL", help="instead of REDIS_URL")
    parser.add_argument("--namespace", default="", help="put before all names in Redis")
    return parser.parse_args(arguments)


def make_stages(client: RedisClient, options: argparse.Namespace) -> list[Stage]:
    """Return the stages that the options ask for, the last of the line first.

    Raises:
        PipelineError: a folder is not there, or a package is missing.
    """
    wanted = options.stage or STAGES
    return [make(client, options) for name, make in reversed(STAGES.items()) if name in wanted]


async def run(options: argparse.Namespace) -> None:
    """Run the pipeline until Ctrl-C, or until it is told to end (SIGTERM).

    Raises:
        PipelineError: it cannot start, or a stage has failed.
    """
    # Before all else: whoever presses Ctrl-C at once is heard, too.
    async with _asked_to_end() as asked, AsyncExitStack() as stack:
        client = RedisClient(options.redis_url, namespace=options.namespace, timeout=TIMEOUT)
        stack.push_async_callback(client.disconnect)
        await connect(client)
        tasks = {
            stage.name: stage.start() for stage in _entered(stack, make_stages(client, options))
        }
        if "web" in (options.stage or STAGES):
            app = create_app(client, allowed_hosts=options.allowed_host)
            try:
                url = await stack.enter_async_context(
                    serve(app, host=options.host, port=options.port)
                )
            except OSError as error:
                raise PipelineError(
                    f"Port {options.port} of {options.host} cannot be used: {error.strerror}. "
                    "Choose another one with --port, or 0 for a free one."
                ) from None
            logger.info("the dashboard is at %s", url)
        logger.info("at work; Ctrl-C ends it")
        waiting = asyncio.create_task(asked.wait())
        await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        for name, task in tasks.items():
            if task.done() and (error_of_stage := task.exception()):
                logger.error("the stage %s has failed", name, exc_info=error_of_stage)
                raise PipelineError(f"The stage {name} has failed: {error_of_stage}")
        logger.info("ending")


async def connect(client: RedisClient) -> None:
    """Connect the client.

    Raises:
        PipelineError: it cannot be connected. The message says why, and no password.
    """
    if problem := what_is_wrong_with(client.redis_url):
        raise PipelineError(problem)
    try:
        await client.connect()
    except (RedisError, OSError, ValueError) as error:
        raise PipelineError(
            f"{diagnose(client.redis_url, error, TIMEOUT)}\n"
            "The server is the one that --redis-url names, else REDIS_URL, else localhost:6379. "
            "docker compose up -d redis starts one."
        ) from None


def _entered(stack: AsyncExitStack, stages: list[Stage]) -> list[Stage]:
    """See to it that the stages are stopped when the stack ends."""

    async def stop(stage: Stage) -> None:
        with suppress(Exception):  # what it failed with has been told
            await stage.stop()

    for stage in stages:
        stack.push_async_callback(stop, stage)
    return stages


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
