"""The system that is broken in a drill: real parts as processes, on a Redis server of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, TYPES, background, scene
from backend.tools import queues
from course.kernel import CLEANED_UP
from course.waiting import until
from drills.settings import PARTS, Settings
from private_redis import PrivateServer, Supervised

MEMORY = 64
"""Megabytes that Redis may use; nothing is evicted."""
RULES = ("~*", "&*", "+@all", "-@admin")
"""What the user `pipeline`, as whom every part logs in, may do."""


@dataclass
class Part:
    """A part of the system, as its process shows from outside."""

    name: str
    settings: Settings
    supervisor: Supervised
    pid: int
    started: float
    """When its process began, of a clock that never jumps."""

    @property
    def runs(self) -> bool:
        """Whether its process exists. One that hangs exists."""
        return self.supervisor.poll() is None


class Table(str):
    """Lines that a notebook shows as they are."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class System:
    """Cameras, pipeline and dashboard on a server of their own. `drills.start` gives you one.

    Attributes:
        url: of its Redis: for a client of yours, or for `python -m backend.tools.queues --url`.
        folder: where its parts keep their logs, the images, and the secrets.
    """

    def __init__(self) -> None:
        self.server = PrivateServer()
        self._parts: dict[str, Part] = {}
        self.restarts: list[str] = []
        """The parts that were restarted or stopped, in order: what the reader did."""

    @property
    def url(self) -> str:  # noqa: D102 - the class says what it is
        return self.server.url

    # ---- for the reader ----------------------------------------------------------------

    @property
    def dashboard(self) -> str:
        """The address of the dashboard; open it in a tab of your browser."""
        return (self.folder / "dashboard").read_text()

    def parts(self) -> Table:
        """Return the parts: whether each has a process, and for how long."""
        lines = [f"{'part':<17} {'process':<8} {'up':>7}"]
        for part in sorted(self._parts.values(), key=lambda part: part.name):
            state = "running" if part.runs else "ended"
            up = f"{(time.monotonic() - part.started) // 60:.0f} min" if part.runs else ""
            lines.append(f"{part.name:<17} {state:<8} {up:>7}".rstrip())
        return Table("\n".join(lines))

    def settings(self, part: str) -> Settings:
        """Return what is set for a part; `restart` changes it."""
        return self._known(part).settings

    async def queues(self) -> None:
        """Print the table that `python -m backend.tools.queues` prints for this system."""
        before = await queues.look(self.client)
        await asyncio.sleep(1.0)  # the rates are of one second
        now = await queues.look(self.client, since=before)
        print(queues.as_text(now, now.problems, "127.0.0.1"))

    def log(self, part: str, lines: int = 10) -> Table:
        """Return the last lines that a part has logged."""
        self._known(part)
        return Table("\n".join(self.read_log(part)[-lines:]))

    async def restart(self, part: str, **settings: Any) -> None:
        """Stop a part, and start it again; return when it is at work, or after 10 s.

        A part that does not end within a second after SIGTERM is killed, as Docker does it.

        Args:
            part: its name, as in `parts()`.
            settings: what shall be set otherwise from now on; see `drills.Settings`.
        """
        before = self._known(part)
        changed = replace(before.settings, **settings)  # first: it may name no setting
        self.restarts.append(part)
        await asyncio.to_thread(self._end, before)
        await self.launch(part, changed)

    async def stop(self, part: str) -> None:
        """Stop a part for good."""
        self.restarts.append(part)
        await asyncio.to_thread(self._end, self._known(part))

    async def add(self, part: str, **settings: Any) -> None:
        """Start a further part, for example a `detector-3`; return when it is at work.

        Args:
            part: one of the parts, with a number of its own: `detector-3`.
            settings: see `drills.Settings`.

        Raises:
            ValueError: there is a part of that name, or none of that kind.
        """
        if part in self._parts:
            raise ValueError(f"there is a part {part!r}: restart it, or choose another name")
        if part.partition("-")[0] not in {each.partition("-")[0] for each in PARTS}:
            raise ValueError(f"no kind of part {part!r}: there are {', '.join(PARTS)}")
        await self.launch(part, Settings(**settings))

    # ---- for the incidents and the judge ------------------------------------------------

    async def start(self) -> Self:
        """Start the server and every part; return when all are at work."""
        self.folder = Path(tempfile.mkdtemp(prefix="drill-"))
        # Nothing but a process that waits: its supervisor removes the folder, however we end.
        self._keeper = Supervised(
            [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"],
            folder=str(self.folder),
        )
        for name in "backgrounds", "scenes", "secrets", "logs":
            (self.folder / name).mkdir()
        for camera in CAMERAS:
            background(camera).save(self.folder / "backgrounds" / f"{camera}.png")
            for seed, seen in enumerate(TYPES):
                image = scene(camera, seen, seed=seed).jpeg()
                (self.folder / "scenes" / f"{camera}-{seen}.jpg").write_bytes(image)
        await asyncio.to_thread(self.server.start)
        self.client = RedisClient(self.server.url)
        await self.client.connect()
        await self.client.call("CONFIG", "SET", "maxmemory", f"{MEMORY}mb")
        await self.rotate_password()
        await asyncio.gather(*(self.launch(part, Settings()) for part in PARTS))
        self.restarts.clear()
        return self

    async def rotate_password(self, *, tell: bool = True) -> None:
        """Give the user `pipeline` a new password; `tell`: the parts' secret is changed, too."""
        password = secrets.token_hex(8)
        rules = ("reset", "on", f">{password}", *RULES)
        await self.client.call("ACL", "SETUSER", "pipeline", *rules)
        if tell:
            (self.folder / "secrets" / "redis").write_text(password)

    async def launch(self, name: str, settings: Settings, *, wait: float = 10.0) -> None:
        """Start the process of a part; return when it is at work, or after `wait` seconds."""
        before = len(self.read_log(name))
        with (self.folder / "logs" / f"{name}.log").open("ab") as output:
            supervisor = Supervised(
                [
                    sys.executable,
                    "-m",
                    "drills.parts",
                    name,
                    str(self.server.port),
                    str(self.folder),
                    json.dumps(asdict(settings)),
                ],
                output=output,
            )
        pid = await asyncio.to_thread(supervisor.read_program_pid) or 0
        part = Part(name, settings, supervisor, pid, time.monotonic())
        self._parts[name] = part

        def is_at_work() -> bool:
            new = self.read_log(name)[before:]
            return not part.runs or any(line.endswith("at work") for line in new)

        with suppress(TimeoutError):
            await until(is_at_work, within=wait)

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process of a part."""
        with suppress(ProcessLookupError):
            os.kill(self._known(part).pid, number)

    def runs(self, part: str) -> bool:
        """Return whether the process of a part exists."""
        return part in self._parts and self._parts[part].runs

    def names(self) -> Sequence[str]:
        """Return the names of all parts."""
        return list(self._parts)

    def read_log(self, part: str) -> list[str]:
        """Return all lines that a part has logged, over its restarts."""
        path = self.folder / "logs" / f"{part}.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def logs(self, kind: str) -> list[str]:
        """Return all lines of all parts of a kind, such as every detector."""
        paths = sorted((self.folder / "logs").glob(f"{kind}*.log"))
        return [line for path in paths for line in self.read_log(path.stem)]

    async def close(self) -> None:
        """End all parts and the server, and remove the folder. May be called twice."""
        for part in self._parts.values():
            with suppress(ProcessLookupError):
                os.kill(part.pid, signal.SIGKILL)
            part.supervisor.let_go()
        for part in self._parts.values():
            await asyncio.to_thread(part.supervisor.wait)
        self._parts.clear()
        if hasattr(self, "client"):
            await self.client.disconnect()
        await asyncio.to_thread(self.server.stop)
        if hasattr(self, "_keeper"):
            self._keeper.let_go()
            await asyncio.to_thread(self._keeper.wait)

    def _known(self, part: str) -> Part:
        if not self._parts:
            raise RuntimeError(CLEANED_UP)
        if part not in self._parts:
            raise ValueError(f"no part {part!r}: there are {', '.join(self._parts)}")
        return self._parts[part]

    def _end(self, part: Part) -> None:
        """Ask a part to end, and kill it if it has not after a second."""
        for number in signal.SIGTERM, signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.kill(part.pid, number)
            ends = time.monotonic() + 1.0
            while part.runs and time.monotonic() < ends:
                time.sleep(0.01)
        part.supervisor.let_go()
        part.supervisor.wait()
