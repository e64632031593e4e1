"""Closes what nbval leaves open. A plugin of pytest, loaded by the conftest.py at the top.

Every notebook gets two tests beside its cells: `as stored` before them, and `left behind` after
them, while the kernel still runs. And a cell that took too long, or that should have raised and did
not, fails.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError
from tests.notebooks import stored

from course import wire

# Runs in the kernel, in a namespace of its own. asyncio reports the failure of a task that nobody
# holds any more to the loop's exception handler, and only there.
WATCH = """
import asyncio

def watch(loop, context):
    watch.seen.append(f"{context['message']}: {context.get('exception')!r}")
    loop.default_exception_handler(context)

watch.seen = []
asyncio.get_event_loop().set_exception_handler(watch)
"""
UNSEEN = "__import__('course.kernel').kernel.unseen_tasks()"
REPORTED = "getattr(__import__('asyncio').get_event_loop().get_exception_handler(), 'seen', [])"


class AsStored(pytest.Item):
    """The stored notebook holds what it should, and nothing that it should not."""

    def runtest(self) -> None:
        _ask(self.parent.kernel, f"exec({WATCH!r}, {{}})")
        _fail_if(stored.faults(self.parent.nb))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class LeftBehind(AsStored):
    """After the last cell, no task still runs and none has failed with nobody looking."""

    def runtest(self) -> None:
        if self.parent.timed_out:
            pytest.fail("a cell took too long, so it is not known what the notebook leaves behind")
        _fail_if([*_ask(self.parent.kernel, UNSEEN), *_ask(self.parent.kernel, REPORTED)])


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed:
        limit = pytest.mark.timeout(collector.config.option.nbval_cell_timeout + 30)
        first = AsStored.from_parent(collector, name="as stored")
        last = LeftBehind.from_parent(collector, name="left behind")
        report.result = [first, *report.result, last]
        for item in report.result:
            item.add_marker(limit)  # nbval's own limit comes first: its message is the better one
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    already = isinstance(item, IPyNbCell) and item.parent.timed_out
    try:
        result = yield
    except NbCellError:
        if not _could_not_be_shown(item):
            raise
        return None
    if isinstance(item, IPyNbCell):
        if item.parent.timed_out and not already:
            limit = item.config.option.nbval_cell_timeout
            pytest.fail(f"the cell took longer than {limit:g} s, and swallowed the interrupt")
        raised = any(output.output_type == "error" for output in item.test_outputs or [])
        if item.options["check_exception"] and not raised:
            pytest.fail("the cell is tagged raises-exception, and raised nothing")
    return result


def _could_not_be_shown(item: IPyNbCell) -> bool:
    """Return whether all that a cell shows is that this Redis does not let it show more."""
    outputs = item.test_outputs or []
    return len(outputs) == 1 and outputs[0].get("text", "").startswith(wire.NOT_SHOWN)


def pytest_configure(config: pytest.Config) -> None:
    # What the reader has solved is the reader's: no test reads it, and none adds to it.
    os.environ["COURSE_PROGRESS"] = "off"
    # nbval looks for the file from where pytest was started; the settings mean the project.
    rules = config.getoption("nbval_sanitize_with", None)
    if rules:
        config.option.nbval_sanitize_with = str(config.rootpath / rules)


def _ask(kernel: Any, expression: str) -> Any:
    """Evaluate an expression in the kernel, next to the notebook, and return its value."""
    if not kernel.is_alive():
        pytest.fail("the kernel died")
    reply = kernel.kc.execute(
        "", silent=True, user_expressions={"it": expression}, reply=True, timeout=10
    )
    answer = reply["content"]["user_expressions"]["it"]
    if answer["status"] != "ok":
        pytest.fail(f"the kernel could not say {expression}: {answer['ename']}: {answer['evalue']}")
    return ast.literal_eval(answer["data"]["text/plain"])


def _fail_if(sentences: list[str]) -> None:
    if sentences:
        pytest.fail("\n".join(sentences))
