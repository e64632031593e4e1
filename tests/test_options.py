"""What `pytest` takes without an option, with --thorough, and with --on-the-server."""

import pytest
from tests.support import THOROUGH
from tests.warm_pytest import run_pytest


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
    collect = ("--collect-only", "-q", "-n", "0", "-k", "an_example", __file__)
    _, said = run_pytest(*collect, *options, within=50)
    found = [line.partition("an_example_")[2] for line in said.splitlines() if "::" in line]
    assert found == chosen, said


def test_an_example_without_a_server() -> None:
    """The test above collects these three."""


def test_an_example_on_the_server(namespace: str) -> None:
    assert namespace.startswith("test:")  # `namespace` asks for `redis_url`


@THOROUGH
def test_an_example_for_thorough_alone() -> None:
    pass
