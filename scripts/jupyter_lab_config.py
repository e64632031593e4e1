"""How `make lab` starts JupyterLab: on the first lesson, with a quiet terminal and a clean git."""

import logging
import warnings
from typing import Any

LESSON_METADATA = {"kernelspec", "language_info"}
CELL_METADATA = {"tags", "reason", "collapsed", "jupyter", "trusted"}  # the last is not stored
# What a reader can do nothing about, and nothing is wrong.
NOISE = (
    "is not trusted",  # the notebooks were signed on no machine but their author's
    "websocket_ping_timeout",  # Jupyter Server counts in milliseconds, Tornado in seconds
    "Got events for closed stream",  # the restart of a kernel that still sends
    "Socket operation on non-socket",  # Ctrl-C, while a kernel still sends
)


def without_the_editor(model: dict[str, Any], **_: object) -> None:
    """Before a notebook is saved, take out what the editor adds to it by opening it.

    That is the version of Python, how cells are coloured, which were folded. So git shows a lesson
    as changed when the reader has changed it, and not before.
    """
    notebook: dict[str, Any] = model.get("content") or {}
    if model["type"] != "notebook" or "language_info" not in notebook.get("metadata", {}):
        return
    metadata = notebook["metadata"]
    metadata["language_info"] = {"name": metadata["language_info"]["name"]}
    for key in metadata.keys() - LESSON_METADATA:
        del metadata[key]
    for cell in notebook["cells"]:
        for key in cell["metadata"].keys() - CELL_METADATA:
            del cell["metadata"][key]


class Quiet(logging.Filter):
    """Leave out of the terminal what is noise."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is shown."""
        error = record.exc_info[1] if record.exc_info else ""
        return not any(noise in f"{record.getMessage()} {error}" for noise in NOISE)


logging.getLogger("asyncio").addFilter(Quiet())
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter calls this file with it
c.LabApp.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.FileContentsManager.pre_save_hook = without_the_editor
warnings.filterwarnings("ignore", "Overriding existing pre_save_hook")  # by itself: it is set twice
c.KernelManager.transport_encryption = "auto"  # or each kernel would warn that it has none
c.ServerApp.answer_yes = True  # the first Ctrl-C ends it
c.Application.log_level = "WARN"
c.Application.logging_config = {
    "filters": {"quiet": {"()": Quiet}},
    "handlers": {"console": {"filters": ["quiet"]}},
}
