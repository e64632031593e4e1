"""A connection between a client and a server that can be cut: at once, or before a reply."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from backend.core.scripts import load
from private_redis import client_without_retries


class Proxy:
    """Stands between clients and the server at a URL, in threads of its own.

    Attributes:
        url: the URL for clients.
        connections: how many connections clients have opened.
        lost: how many replies were lost on the way.
    """

    def __init__(self, url: str) -> None:
        server = urlsplit(url)
        self._server_url = url
        self._server = (server.hostname or "127.0.0.1", server.port or 6379)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._clients: set[socket.socket] = set()  # our ends of their connections
        self._marks: list[bytes] = []
        login, at, _ = server.netloc.rpartition("@")
        here = f"{login}{at}127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = server._replace(netloc=here).geturl()
        self.connections = 0
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next_reply(self, command: str) -> None:
        """Cut the connection when the server has run the next such command, before its reply.

        The client cannot know then whether the command has run. Later ones get their replies.

        Args:
            command: a Redis command such as "RPUSH", or the name of a script in `backend.core`
                such as "reserve", "acknowledge" or "push".

        Raises:
            FileNotFoundError: there is no such script; the message says which there are.
            ValueError: there is no such Redis command.
        """
        sent = command
        if not command.isupper():
            sent = load(command).digest
        else:
            with client_without_retries(self._server_url, timeout=5) as server:
                if server.execute_command("COMMAND INFO", command) == [None]:
                    raise ValueError(f"the server has no command {command}; is it misspelt?")
        self._marks.append(f"\r\n{sent}\r\n".encode())

    def cut(self) -> None:
        """Cut every connection now. New ones can be opened."""
        for client in list(self._clients):
            with suppress(OSError):  # it has ended meanwhile
                client.shutdown(socket.SHUT_RDWR)  # wakes the thread that carries, which closes it

    def close(self) -> None:
        """Cut every connection, and accept no more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client = self._listening.accept()[0]
                self.connections += 1
                self._clients.add(client)
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Connect a client with the server until one hangs up, or there is no server."""
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            if self._listening.fileno() != -1:  # else closed meanwhile
                self._carry(client, server)
        self._clients.discard(client)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        request = b""
        while True:
            readable = select.select([client, server], [], [])[0]
            if client in readable:
                if not (data := client.recv(65536)):
                    return
                request += data
                server.sendall(data)
            if server in readable:
                if not (data := server.recv(65536)):
                    return
                # The client sends nothing before it has its answer: so this is the answer.
                has_run = not data.startswith(b"-NOSCRIPT")
                if has_run and any(mark in request for mark in self._marks):
                    self._marks = [mark for mark in self._marks if mark not in request]
                    self.lost += 1
                    return
                request = b""
                client.sendall(data)
