"""A hub with learners: what they see, what they keep, and what is kept apart.

With --thorough, twenty learners come at once; otherwise three.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import pytest
from tests.hub.remote_kernel import kernel_of
from tests.hub.running import Hub, Server, needs_hub, publish, run_lesson, running_hub

from lessons import cells

pytestmark = [needs_hub, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.add("ada", "ben")
        yield hub


@pytest.fixture(scope="module")
def ada(hub: Hub) -> Server:
    return hub.start("ada")


# A lesson


@dataclass(frozen=True)
class Attended:
    """How it went for one learner."""

    waited: float
    """Seconds from the log-in until the server was ready."""
    took: float
    """Seconds for all cells of the lesson."""
    problems: str
    """What the tests of the lesson have found; "" for nothing."""


def attend(hub: Hub, name: str, lesson: str) -> Attended:
    """Log in, start a server, and run a lesson there."""
    began = time.monotonic()
    server = hub.start(name)
    ready = time.monotonic()
    ended = run_lesson(server, lesson)
    problems = ended.stdout + ended.stderr if ended.returncode else ""
    return Attended(ready - began, time.monotonic() - ready, problems)


def memory(hub: Hub) -> Counter[str]:
    """Return what each learner's processes take, in MB (PSS); under "", the hub and its proxy."""
    servers = hub.servers()
    all_learners = {process for family in servers.values() for process in family}
    families = servers | {"": [each for each in hub.processes() if each not in all_learners]}
    found: Counter[str] = Counter()
    for name, family in families.items():
        for process in family:
            with suppress(psutil.Error):  # it may end while it is looked at
                found[name] += process.memory_full_info().pss / 2**20
    return found


def test_learners_who_come_at_once_see_all_outputs_as_they_are_stored(
    hub: Hub, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 20 if request.config.getoption("--thorough") else 3
    names = [f"learner{number}" for number in range(count)]
    hub.add(*names)
    most: Counter[str] = Counter()
    with ThreadPoolExecutor(count) as learners:
        lessons = [learners.submit(attend, hub, name, "02_queue") for name in names]
        while wait(lessons, timeout=3).not_done:
            most |= memory(hub)
    attended = [lesson.result() for lesson in lessons]
    figures = {
        "seconds until a server was ready": [each.waited for each in attended],
        "seconds for the lesson": [each.took for each in attended],
        "MB a learner at most": [most[name] for name in names],
        "MB of the hub at most": [most[""]],
    }
    with capsys.disabled():
        print(f"\n{count} learners at once, lesson 02, load {os.getloadavg()[0]:.0f}: ", end="")
        for what, each in figures.items():
            print(f"\n  {what}: {min(each):.0f} to {max(each):.0f}, median {median(each):.0f}")
    if problems := [each.problems for each in attended if each.problems]:
        pytest.fail("\n".join(problems), pytrace=False)


def test_a_lesson_runs_with_the_learners_own_code_and_a_difference_is_seen(hub: Hub) -> None:
    server = hub.start("ben")
    session = hub.home("ben") / "course/src/course/session.py"
    session.write_text(session.read_text().replace("a private server", "another server"))
    ended = run_lesson(server, "00_start_here")
    assert "another server" in ended.stdout
    assert ended.returncode == 1


# What a learner keeps


def in_terminal(server: Server, command: str) -> str:
    """Run a command in the learner's folder, in a login shell; return what it prints."""
    with kernel_of(server) as ask:
        code = f"import subprocess\ncommand = ['bash', '-lc', {command!r}]\n"
        run = "subprocess.run(command, cwd='..', text=True, stdout=-1, stderr=-2)"
        return str(ask(f"{code}done = {run}", "done.stdout"))


def answer(server: Server, path: str, mine: str) -> None:
    """Open a lesson, write an answer into its first stub, and save it, as JupyterLab does."""
    model = server.api.get(f"/api/contents/{path}").json()
    stub = next(cell for cell in model["content"]["cells"] if cell["id"].endswith("-stub"))
    stub["source"] = mine
    saved = server.api.put(f"/api/contents/{path}", json=model)
    saved.raise_for_status()


def test_a_newer_course_arrives_the_answers_stay_and_reset_brings_the_original(
    hub: Hub, ada: Server
) -> None:
    path, mine = "notebooks/03_cache.ipynb", "async def mine(client):\n    return 'my answer'"
    lesson = hub.home("ada") / "course" / path
    answer(ada, path, mine)
    newer = cells.read((hub.course / path).read_bytes())
    newer.cells[0].source += "\n\nA newer sentence."
    (hub.course / path).write_bytes(cells.write(newer))
    publish(hub.course)

    said = in_terminal(ada, ".venv/bin/python -m course update")
    assert "your answer is back" in said
    assert "make lab" not in said
    assert "A newer sentence." in lesson.read_text()
    assert mine in cells.stubs(lesson.read_bytes()).values()

    said = in_terminal(ada, ".venv/bin/python -m course reset 03_cache")
    assert "03_cache is the original again" in said
    assert lesson.read_bytes() == (hub.course / path).read_bytes()
    copies = (hub.home("ada") / "course/answers").glob("03_cache_*.ipynb")
    assert all(mine in cells.stubs(copy.read_bytes()).values() for copy in copies)


def test_the_doctor_finds_all_in_a_learners_folder_and_sets_up_nothing(
    hub: Hub, ada: Server
) -> None:
    said = in_terminal(ada, "make doctor")
    assert "The lessons can run" in said
    assert (hub.home("ada") / "course/.venv").is_symlink()


# What is kept apart


PING = """
import redis

def answer(url):
    try:
        return redis.Redis.from_url(url).ping()
    except redis.AuthenticationError as error:
        return type(error).__name__
"""


def test_a_learner_without_the_password_is_refused_by_anothers_redis(hub: Hub, ada: Server) -> None:
    start = "import course\nredis_server = course.start()"
    with kernel_of(ada) as ask_ada, kernel_of(hub.start("ben")) as ask_ben:
        url = ask_ada(start, "redis_server.url")
        own = ask_ben(f"{start}\n{PING}", "redis_server.url")
        secret, place = url.removeprefix("redis://:").split("@")
        guessed = own.removeprefix("redis://:").split("@")[0]
        assert ask_ben("", f"answer('redis://{place}')") == "AuthenticationError"
        assert ask_ben("", f"answer('redis://:{guessed}@{place}')") == "AuthenticationError"
        assert ask_ben("", f"answer('{url}')") is True  # the password alone keeps ben out

        assert [each for each in hub.processes() if secret in " ".join(each.cmdline())] == []
        folder = ask_ada(PING, "redis.Redis.from_url(redis_server.url).config_get('dir')['dir']")
        places = [folder, str(hub.state)]
        found = subprocess.run(["grep", "-rlF", secret, *places], stdout=-1, text=True).stdout
        assert found.splitlines() == [f"{folder}/redis.conf"]
        assert not Path(folder).stat().st_mode & 0o077


def test_who_was_not_added_or_has_no_password_is_not_let_in(hub: Hub) -> None:
    with pytest.raises(PermissionError), hub.log_in("nobody", hub.password("learners")):
        pass
    with pytest.raises(PermissionError), hub.log_in("ada", "a guess"):
        pass
    with pytest.raises(PermissionError), hub.log_in("teacher", hub.password("learners")):
        pass


def test_a_learner_may_not_open_anothers_server(hub: Hub, ada: Server) -> None:
    with Server(ada.url, hub.start("ben").token).api as ben:
        assert ben.get("/api/contents/").status_code == 403


def test_nothing_of_the_hub_can_be_reached_from_another_machine(hub: Hub, ada: Server) -> None:
    listening = {
        connection.laddr.ip
        for process in hub.processes()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
