"""Incidents in the parts themselves: they end, hang, are slow, or were deployed with a mistake."""

from __future__ import annotations

import signal

from drills.incidents.incident import Incident
from drills.settings import PERIOD, Settings
from drills.system import System

BOTH_DETECTORS = ("detector-1", "detector-2")


class Died(Incident):
    """A part has ended, and nobody restarts it."""

    page = "An alert: for a minute, a queue has risen without a break."
    cause = "died"
    card = "The line only rises"

    def choose(self) -> None:
        self.parts = self.chance.choice([BOTH_DETECTORS, ("analyzer",)])
        self.evidence = (
            f"`system.parts()` says that {' and '.join(self.parts)} ended, and the queue before it "
            "has no living consumer."
        )

    async def strike(self, system: System) -> None:
        for part in self.parts:
            system.kill(part)

    async def cure(self, system: System) -> None:
        for part in self.parts:
            await system.restart(part)


class Hangs(Incident):
    """A part is there and does nothing. What it has in hand goes back when its lease ends."""

    page = "A colleague: the dashboard stands still, and nothing has crashed."
    cause = "hangs"
    card = "The dashboard stands still"

    def choose(self) -> None:
        self.parts = self.chance.choice([BOTH_DETECTORS, ("analyzer",), ("web",)])
        self.evidence = (
            f"`system.parts()` shows a process for {' and '.join(self.parts)}, but `system.log(…)` "
            "has no new line, and no lease is renewed."
        )
        if self.parts == BOTH_DETECTORS:
            self.card = "The line only rises"
        elif self.parts == ("web",):
            self.evidence = (
                "`events:last_id` rises, and neither the dashboard nor its health endpoint answers."
            )

    async def strike(self, system: System) -> None:
        for part in self.parts:
            system.kill(part, signal.SIGSTOP)

    async def cure(self, system: System) -> None:
        for part in self.parts:
            await system.restart(part)


class WrongName(Incident):
    """A deployment gave one part a namespace: it works on keys that nobody else knows."""

    page = "A colleague: no new events since the deployment, and all parts say they are at work."
    cause = "wrong name"
    card = "Length 0 and nothing happens"

    def choose(self) -> None:
        self.parts = self.chance.choice([("file_watcher",), ("analyzer",)])
        self.namespace = self.chance.choice(["prod:", "v2:"])
        self.evidence = (
            f"`SCAN` shows keys that begin with {self.namespace!r}, and `system.settings(…)` shows "
            f"namespace={self.namespace!r} for {self.parts[0]} alone."
        )

    async def strike(self, system: System) -> None:
        await system.restart(self.parts[0], namespace=self.namespace)

    async def cure(self, system: System) -> None:
        await system.restart(self.parts[0], namespace="")


class SlowModel(Incident):
    """The detectors were deployed with a model that takes its time."""

    page = "An alert: the oldest job in detection_queue gets older and older, and its length rises."
    cause = "slow"
    card = "The line only rises"
    parts = BOTH_DETECTORS

    def choose(self) -> None:
        self.seconds = self.chance.choice([1.5, 2.0])
        self.evidence = (
            f"Both detectors always have a job in hand, and log an image every {self.seconds:g} s "
            "each; the cameras write more. `system.settings(…)` shows "
            f"look_seconds={self.seconds:g}."
        )

    async def strike(self, system: System) -> None:
        for part in self.parts:
            await system.restart(part, look_seconds=self.seconds)

    async def cure(self, system: System) -> None:
        for part in self.parts:
            await system.restart(part, look_seconds=Settings.look_seconds)

    async def left(self, system: System) -> str | None:
        detectors = [each for each in system.names() if each.startswith("detector")]
        takes = [
            system.settings(each).look_seconds or 0.1 for each in detectors if system.runs(each)
        ]
        if sum(1 / seconds for seconds in takes) < 1 / PERIOD:
            return "The detectors can look at fewer images than the cameras write."
        return None


class WrongFolder(Incident):
    """The cameras write where nobody looks."""

    page = "A colleague: the cameras are fine, they say, but no image has come for a minute."
    cause = "wrong folder"
    card = "One camera is silent"

    def choose(self) -> None:
        self.root = self.chance.choice(["cameras-new", "camera"])
        self.parts = ("file_watcher", "camera")
        self.evidence = (
            f"The newest files lie below `{self.root}` in `system.folder`, and "
            "`system.settings(…)` shows different roots for camera and file_watcher."
        )

    async def strike(self, system: System) -> None:
        await system.restart("camera", root=self.root)

    async def cure(self, system: System) -> None:
        # The watcher goes to the images: what was written meanwhile would else be seen by nobody.
        await system.restart("file_watcher", root=self.root)
