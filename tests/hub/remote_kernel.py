"""Have a notebook's tests run its cells in a learner's server: `pytest -p tests.hub.remote_kernel`.

A plugin of pytest. The kernel is reached as a browser reaches it, by REST and a WebSocket; all
else, also how outputs are compared, is what it is in every other run (nbval and its settings).
SERVER_URL and SERVER_TOKEN in the environment say which server.
"""

from __future__ import annotations

import ast
import json
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import nbval.kernel
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.jsonutil import json_default
from tests.hub.running import Server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Channel:
    """One of the channels that share a kernel's WebSocket."""

    def __init__(self, name: str, client: RemoteClient) -> None:
        self._name, self._client = name, client
        self.arrived: queue.Queue[dict[str, Any]] = queue.Queue()

    def send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message | {"channel": self._name, "buffers": []}, default=json_default)
        self._client.socket.send(text)

    def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the next message; raises queue.Empty, as jupyter_client's channels do."""
        return self.arrived.get(timeout=timeout)


class RemoteClient(BlockingKernelClient):
    """jupyter_client's client, with a WebSocket instead of its own connections."""

    shell_channel: Any = None
    iopub_channel: Any = None

    def __init__(self, server: Server, kernel: str) -> None:
        super().__init__()
        address = f"{server.url}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        headers = {"Authorization": f"token {server.token}"}
        self._opened = ExitStack()
        self.socket = self._opened.enter_context(
            connect(address, additional_headers=headers, max_size=None, open_timeout=120)
        )
        self.channels = {name: Channel(name, self) for name in ("shell", "iopub")}
        self.shell_channel, self.iopub_channel = self.channels.values()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(ConnectionClosed):
            for text in self.socket:
                message = json.loads(text)
                if channel := self.channels.get(message["channel"]):
                    channel.arrived.put(message)

    def stop_channels(self) -> None:
        self._opened.close()


class RemoteManager:
    """A kernel of a server, for a notebook, as JupyterLab asks for it."""

    def __init__(self, server: Server, path: str) -> None:
        self._rest = server.api
        notebook = {"path": path, "type": "notebook", "name": path}
        session = self._rest.post("/api/sessions", json=notebook | {"kernel": {"name": "python3"}})
        session.raise_for_status()
        self.id = session.json()["kernel"]["id"]

    def is_alive(self) -> bool:
        return self._rest.get(f"/api/kernels/{self.id}").status_code == 200

    def interrupt_kernel(self) -> None:
        self._rest.post(f"/api/kernels/{self.id}/interrupt").raise_for_status()

    def shutdown_kernel(self, now: bool = True) -> None:
        self._rest.delete(f"/api/kernels/{self.id}").raise_for_status()


def remote_kernel(server: Server, path: str) -> tuple[RemoteManager, RemoteClient]:
    """Start a kernel for a notebook, and connect to it."""
    manager = RemoteManager(server, path)
    return manager, RemoteClient(server, manager.id)


@contextmanager
def kernel_of(server: Server) -> Iterator[Callable[[str, str], Any]]:
    """Lend a kernel in a learner's server: what runs code, and returns an expression's value."""
    manager, client = remote_kernel(server, "notebooks/mine.ipynb")

    def ask(code: str, expression: str) -> Any:
        expressions = {"it": expression}
        reply = client.execute(code, user_expressions=expressions, reply=True, timeout=120)
        assert reply["content"]["status"] == "ok", reply["content"]
        answer = reply["content"]["user_expressions"]["it"]
        assert answer["status"] == "ok", answer
        return ast.literal_eval(answer["data"]["text/plain"])

    try:
        yield ask
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file's kernel is a remote one; there is one file in a run."""
    (path,) = {Path(item.path) for item in items}
    server = Server(os.environ["SERVER_URL"], os.environ["SERVER_TOKEN"])
    name = f"{path.parent.name}/{path.name}"
    nbval.kernel.start_new_kernel = lambda **_: remote_kernel(server, name)
