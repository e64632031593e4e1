"""What pytest must know before it looks at the command line: an option, and plugins of our own."""

import pytest

pytest_plugins = ["tests.notebooks.checks"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of tests, so that it is known wherever pytest is started."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="every mutation, every answer in every notebook, every fault as often as the README "
        "says: for tests that try a part of them only, as a rule",
    )
