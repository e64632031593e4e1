"""Serve the web application inside a program that has its own event loop, such as a notebook.

async with serve(create_app(client)) as url:
    print(url)  # http://127.0.0.1:54321
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

UNREAD = 20.0  # seconds after which a connection ends whose other end reads nothing


class _Server(uvicorn.Server):
    """A server that leaves Ctrl-C (and a notebook's Interrupt) to the program around it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn would end the whole program
            raise RuntimeError("the web application does not start: the log says why") from None
        self.is_up.set()


@asynccontextmanager
async def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` for the length of an `async with` block.

    Args:
        app: the application.
        host: the address to listen on; only this machine can reach the default.
        port: 0 takes a free one.

    Yields:
        The URL, as `http://127.0.0.1:54321`. It answers by then.

    Raises:
        OSError: the port is taken.
        RuntimeError: the application does not start; what it says is in the log.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux. It passes on to each connection
            unread_ms = int(1000 * UNREAD)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread_ms)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=4096,  # bytes: browsers have nothing to say to us
            timeout_graceful_shutdown=1,  # seconds: a request that does not end would hold it up
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listening]), name="web")
        is_up = asyncio.create_task(server.is_up.wait())
        try:
            await asyncio.wait([serving, is_up], return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving  # raises what went wrong
            shown = f"[{host}]" if family == socket.AF_INET6 else host
            yield f"http://{shown}:{listening.getsockname()[1]}"
        finally:
            is_up.cancel()
            server.should_exit = True
            await serving
