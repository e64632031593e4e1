"""What a notebook shows of an error: the reader's lines and ours, and no library's."""

import re

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """Return, as text, the tracebacks of three cells that fail."""
    cells = [
        "import course, redis.asyncio\nredis_server = course.start()",
        "plain = redis.asyncio.Redis.from_url('redis://127.0.0.1:1')\nawait plain.get('key')",
        "def divide():\n    return 1 / 0\n\n\ndivide()",
        "from backend.core.redis import RedisClient\nawait RedisClient().get('key')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    quiet = ["--log-level=ERROR"]
    NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, timeout=60, extra_arguments=quiet
    ).execute()
    tracebacks = [cell.outputs[0].traceback for cell in notebook.cells[1:]]
    return [re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines)) for lines in tracebacks]


def test_the_line_of_the_cell_and_the_error_are_there(shown: list[str]) -> None:
    assert "----> 2 await plain.get('key')" in shown[0]
    assert shown[0].splitlines()[-1].startswith("ConnectionError: Error")


def test_the_inside_of_a_library_is_not_shown(shown: list[str]) -> None:
    assert "redis/asyncio/connection.py" not in shown[0]


def test_every_line_of_the_reader_is_there(shown: list[str]) -> None:
    assert "----> 5 divide()" in shown[1]
    assert "----> 2     return 1 / 0" in shown[1]


def test_our_own_client_is_shown(shown: list[str]) -> None:
    assert "in RedisClient.get(self, key)" in shown[2]
