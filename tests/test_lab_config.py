"""What `make lab` tells JupyterLab: what is saved, and what the terminal shows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

FILE = Path(__file__).parents[1] / "scripts/jupyter_lab_config.py"


@pytest.fixture
def config() -> Iterator[Config]:
    logger = logging.getLogger("asyncio")
    before = [*logger.filters]
    yield PyFileConfigLoader(FILE.name, path=str(FILE.parent)).load_config()
    logger.filters = before


def saved(config: Config, content: dict[str, Any], kind: str = "notebook") -> dict[str, Any]:
    """Return what is saved of a notebook, or of another file."""
    model = {"type": kind, "content": content}
    config.FileContentsManager.pre_save_hook(model=model, path="", contents_manager=None)
    return content


def test_what_the_editor_adds_is_not_saved(config: Config) -> None:
    language = {"name": "python", "version": "3.11.7", "codemirror_mode": {"version": 3}}
    notebook = {
        "metadata": {"kernelspec": {"name": "python3"}, "language_info": language, "widgets": {}},
        "cells": [{"metadata": {"tags": ["raises-exception"], "execution": {}, "trusted": True}}],
    }
    assert saved(config, notebook) == {
        "metadata": {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}},
        "cells": [{"metadata": {"tags": ["raises-exception"], "trusted": True}}],
    }


def test_a_file_that_is_no_notebook_is_saved_as_it_is(config: Config) -> None:
    assert saved(config, {"metadata": {"mine": 1}}, kind="file") == {"metadata": {"mine": 1}}


def shown(config: Config, message: str, error: BaseException | None = None) -> bool:
    """Whether the terminal shows a warning."""
    quiet = config.Application.logging_config["filters"]["quiet"]["()"]()
    raised = (type(error), error, None) if error else None
    record = logging.LogRecord("x", logging.WARNING, "x", 1, message, None, raised)
    return bool(quiet.filter(record))


@pytest.mark.parametrize(
    "noise",
    [
        "Notebook notebooks/00_start_here.ipynb is not trusted",
        "The websocket_ping_timeout (90000) cannot be longer than the websocket_ping_interval",
        "Got events for closed stream <zmq.eventloop.zmqstream.ZMQStream object at 0x7f01>",
    ],
)
def test_noise_is_not_shown(config: Config, noise: str) -> None:
    assert not shown(config, noise)


def test_a_kernel_that_still_sends_at_ctrl_c_is_no_news(config: Config) -> None:
    assert not shown(config, "Exception in callback", OSError("Socket operation on non-socket"))


def test_a_real_error_is_shown(config: Config) -> None:
    assert shown(config, "Permission denied: notebooks/00_start_here.ipynb")
    assert shown(config, "Uncaught exception", ValueError("boom"))
