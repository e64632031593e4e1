"""What pytest must know before it looks at the command line: options, and plugins of our own."""

import pytest

pytest_plugins = ["tests.notebooks.checks"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests, so that they are known wherever pytest is started."""
    parser.addoption(
        "--all-faults",
        action="store_true",
        help="plant every fault of tests/mutations, not only a few",
    )
    parser.addoption(
        "--full-size",
        action="store_true",
        help="cause the faults of tests/reliability as often as the README says",
    )
    parser.addoption(
        "--all-answers",
        action="store_true",
        help="try the answers of tests/exercises in every notebook, not only in two",
    )
