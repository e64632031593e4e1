"""Where the output of the tools goes, and what their names may be: a shell can do much to both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from private_redis import PrivateServer, client_without_retries

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


def shell(line: str, url: str) -> tuple[int, str, str]:
    """Run a line of Bash, in which TOOL begins a tool; return status, output and errors."""
    line = line.replace("TOOL", f"{sys.executable} -m backend.tools")
    result = subprocess.run(
        ["bash", "-c", line],
        env=os.environ | {"REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=50,
    )
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("TOOL.queues --over 0 >&-", 0),
        ("TOOL.queues --over 0 --min-consumers 1 >&-", 1),
        ("TOOL.dlq list q >&-", 0),
        ("TOOL.cli LLEN q >&-", 0),
        ("TOOL.cli LRANGE q 0 -1 | head -1 >/dev/null; exit ${PIPESTATUS[0]}", 0),
    ],
)
def test_output_that_nobody_reads_is_no_failure(
    private_server: PrivateServer, line: str, status: int
) -> None:
    with client_without_retries(private_server.url, timeout=5) as client:
        client.rpush("q", *range(20_000))
    assert shell(line, private_server.url) == (status, "", "")


@FULL
@pytest.mark.parametrize(
    ("line", "status"),
    [("TOOL.queues --over 0", 2), ("TOOL.dlq list q", 1), ("TOOL.cli LLEN q", 2)],
)
def test_output_that_cannot_be_written_is_told_in_one_line(
    private_server: PrivateServer, line: str, status: int
) -> None:
    found, _, said = shell(f"{line} >/dev/full", private_server.url)
    assert said == "The output cannot be written: No space left on device.\n"
    assert found == status


@pytest.mark.parametrize(
    "line", ["TOOL.dlq list $'q\\xff'", "TOOL.queues --queue $'q\\xff'", "TOOL.cli GET $'q\\xff'"]
)
def test_a_name_that_is_no_text_is_refused(private_server: PrivateServer, line: str) -> None:
    status, _, said = shell(line, private_server.url)
    assert status == 2
    assert "udcff" in said
    assert "Traceback" not in said


def test_a_name_that_the_terminal_cannot_show_is_escaped(private_server: PrivateServer) -> None:
    line = "PYTHONIOENCODING=ascii TOOL.dlq list größe"
    status, shown, _ = shell(line, private_server.url)
    assert status == 0
    assert shown.startswith(r"dlq:gr\xf6\xdfe: nothing to show")
