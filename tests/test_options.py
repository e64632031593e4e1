"""What `pytest` takes without an option, with --thorough, and with --on-the-server."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import THOROUGH

PROJECT = Path(__file__).parents[1]


@THOROUGH
@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([], ["without_a_server", "on_the_server"]),
        (["--thorough"], ["without_a_server", "on_the_server", "for_thorough_alone"]),
        (["--on-the-server"], ["on_the_server"]),
    ],
)
def test_an_option_chooses_tests(options: list[str], chosen: list[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-n",
        "0",
        "-k",
        "an_example",
    ]
    said = subprocess.run(
        [*command, *options, __file__], cwd=PROJECT, capture_output=True, text=True
    )
    found = [line.partition("an_example_")[2] for line in said.stdout.splitlines() if "::" in line]
    assert found == chosen, said.stdout + said.stderr


def test_an_example_without_a_server() -> None:
    """The test above collects these three."""


def test_an_example_on_the_server(namespace: str) -> None:
    assert namespace.startswith("test:")  # `namespace` asks for `redis_url`


@THOROUGH
def test_an_example_for_thorough_alone() -> None:
    pass
