"""Where the checks of these tests work."""

import os
from urllib.parse import urlsplit

import pytest

from course.session import CourseRedis


@pytest.fixture
def redis_url(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server under test; on one for all (REDIS_URL), each worker has a database of its own.

    For wrong answers that leave the namespace out write under the same names.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or "REDIS_URL" not in os.environ:
        return redis_url
    number = 1 + int(worker.removeprefix("gw")) % 15
    own = urlsplit(redis_url)._replace(path=f"/{number}").geturl()
    monkeypatch.setenv("REDIS_URL", own)  # for the kernels
    return own


@pytest.fixture
def here(redis_url: str, namespace: str) -> CourseRedis:
    """A Redis of the course, as the first cell of a notebook finds it."""
    return CourseRedis(redis_url, namespace, "the server of the tests")
