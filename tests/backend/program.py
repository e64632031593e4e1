"""A program of the backend in a process of its own: what it says, and how it ends."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support import until


class Program:
    """`python -m` with a module and some arguments; what it prints goes into a file.

    At the end of a `with` block it is killed, if it still runs.
    """

    def __init__(
        self, said: Path, module: str, *arguments: str, env: dict[str, str] | None = None
    ) -> None:
        self._said = said
        with said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def log(self) -> str:
        """All that it has printed and logged."""
        return self._said.read_text()

    async def says(self, words: str, *, within: float = 40) -> re.Match[str]:
        """Wait until it says something."""

        def said() -> bool:
            assert self.process.poll() is None, self.log
            return bool(re.search(words, self.log))

        try:
            await until(said, within=within)
        except TimeoutError:
            raise AssertionError(f"not within {within:g} s: {words}\n{self.log}") from None
        found = re.search(words, self.log)
        assert found
        return found

    async def end(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does, and return its exit status."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 15)


def ended(module: str, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a program to its end; return its exit status and what it has said about an error."""
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        env=env,
    )
    assert "Traceback" not in result.stderr
    return result.returncode, result.stderr
