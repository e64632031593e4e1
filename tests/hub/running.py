"""A hub as `make hub` starts it, in a copy of the project; and what learners do there."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[2]
needs_hub = pytest.mark.skipif(
    not Path(sys.prefix, ".hub").exists(), reason="the hub is not installed: `make .venv/.hub`"
)


@dataclass(frozen=True)
class Server:
    """A learner's JupyterLab, as the learner reaches it."""

    url: str
    token: str

    @property
    def api(self) -> httpx.Client:
        """A client of its REST API."""
        headers = {"Authorization": f"token {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)


class Hub:
    """A running hub.

    Args:
        course: the folder of the course that it hands out.
        state: the folder of what it keeps.
        environment: its settings, as `HUB_IDLE_SECONDS`.
    """

    def __init__(self, course: Path, state: Path, **environment: str) -> None:
        self.course, self.state = course, state
        self.log = state.with_name(f"{state.name}.log")
        public, hub, proxy = free_ports(3)
        self.url = f"http://127.0.0.1:{public}"
        options = f"--port={public} --JupyterHub.hub_port={hub} "
        options += f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "hub", f"ARGS={options}"],
                cwd=course,
                env={"PATH": os.environ["PATH"], "HUB_STATE": str(state)} | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 90
        while "JupyterHub is now running" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def home(self, name: str) -> Path:
        """Return a learner's home, where all learners are one Unix user."""
        return self.state / "learners" / name

    def password(self, whom: str) -> str:
        """Return the password of `learners` or `teacher`."""
        return (self.state / f"password_of_{whom}").read_text()

    @contextmanager
    def log_in(self, name: str, password: str) -> Iterator[httpx.Client]:
        """Fill in the form of the log-in page, as a browser does; what keeps the cookies is lent.

        Raises:
            PermissionError: the hub does not let them in.
        """
        with httpx.Client(base_url=self.url, timeout=630) as browser:
            form = {"username": name, "password": password, "_xsrf": ""}
            browser.get("/hub/login")
            form["_xsrf"] = browser.cookies.get("_xsrf", path="/hub/") or ""
            if browser.post("/hub/login", data=form).status_code != 302:
                raise PermissionError(name)
            browser.headers["X-XSRFToken"] = browser.cookies.get("_xsrf", path="/hub/") or ""
            yield browser

    def add(self, *names: str) -> None:
        """Add learners, as the teacher does on the page for it."""
        with self.log_in("teacher", self.password("teacher")) as teacher:
            added = teacher.post("/hub/api/users", json={"usernames": names})
        added.raise_for_status()

    def start(self, name: str, password: str = "") -> Server:
        """Log a learner in, start their server, and wait until it is ready."""
        with self.log_in(name, password or self.password("learners")) as learner:
            me = f"/hub/api/users/{name}"
            if not learner.get(me).json()["servers"]:
                learner.post(f"{me}/server").raise_for_status()
            deadline = time.monotonic() + 600
            while not (servers := learner.get(me).json()["servers"]) or not servers[""]["ready"]:
                assert servers, f"the server of {name} did not start: {self.log.read_text()}"
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(1)
            token = learner.post(f"{me}/tokens").json()["token"]
        return Server(f"{self.url}/user/{name}", token)

    def processes(self) -> list[psutil.Process]:
        """Return all that runs: the hub, its proxy, servers, kernels, and their Redis."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def servers(self) -> dict[str, list[psutil.Process]]:
        """Return what runs for each learner: JupyterLab, kernels, and their Redis."""
        found = {}
        for process in self.processes():
            with suppress(psutil.Error):  # it may end while it is looked at
                if "jupyterhub-singleuser" in " ".join(process.cmdline()):
                    family = [process, *process.children(recursive=True)]
                    found[process.environ()["JUPYTERHUB_USER"]] = family
        return found

    def end(self) -> list[psutil.Process]:
        """Press Ctrl-C; return the processes that are left a while after the end."""
        everything = self.processes()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(180)
        _, left = psutil.wait_procs(everything, timeout=20)
        return left


def free_ports(count: int) -> list[int]:
    """Return ports on which nobody listens."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=author", "-c", "user.email=author@localhost"]
    done = subprocess.run(
        ["git", *author, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def publish(folder: Path) -> None:
    """Commit all that has changed in a copy of the course."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=a version")


def copy_of_the_course(folder: Path) -> Path:
    """Make a copy of the project, with what is not committed yet: the course of a hub."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    publish(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run_lesson(server: Server, lesson: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a lesson, as `make test` does, with its kernel in a learner's server."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.hub.remote_kernel", "--nbval-cell-timeout=300"]
    where = {"SERVER_URL": server.url, "SERVER_TOKEN": server.token}
    return subprocess.run(
        [*command, f"notebooks/{lesson}.ipynb"],
        cwd=ROOT,
        env=os.environ | where,
        capture_output=True,
        text=True,
    )


@contextmanager
def running_hub(folder: Path, **environment: str) -> Iterator[Hub]:
    """Run a hub in an empty folder; at its end, fail if a process of it is left."""
    hub = Hub(copy_of_the_course(folder / "course"), folder / "state", **environment)
    try:
        yield hub
    finally:
        left = hub.end() if hub.process.poll() is None else []
        for process in left:
            process.kill()
        assert left == [], hub.log.read_text()
