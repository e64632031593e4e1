"""Where the checks of these tests work."""

import pytest

from course.session import CourseRedis


@pytest.fixture
def here(redis_url: str, namespace: str) -> CourseRedis:
    """A Redis of the course, as the first cell of a notebook finds it."""
    return CourseRedis(redis_url, namespace, "the server of the tests")
