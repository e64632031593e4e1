"""Lua scripts: what Redis runs as one step, each in a file of its own in `lua/`.

    RESERVE = load("reserve")
    await client.run(RESERVE, [queue_name, …], argument, …)

A script may begin with what it shares with others. The line

    -- include reliable_queue.lua

stands for the text of that file, which lies beside it, or here. That may include others in turn.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_HERE = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- include (\w+\.lua)$", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """A Lua script, ready to be sent."""

    name: str
    """The name of its file, without `.lua`."""
    text: str
    """All of it, with what it includes."""

    @cached_property
    def digest(self) -> str:
        """The SHA-1 of the text, in hex: by this name Redis knows it."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


@cache
def load(name: str, *, beside: str = __file__) -> Script:
    """Return the script in `lua/<name>.lua`. It is read once.

    Args:
        name: the name of the file, without `.lua`.
        beside: the `__file__` of the module that uses it; by default it is one of `backend.core`.

    Raises:
        FileNotFoundError: there is no such script; the message says which there are.
    """
    folder = Path(beside).parent / "lua"
    return Script(name, _read(folder, f"{name}.lua"))


def _read(folder: Path, file: str) -> str:
    for path in (folder / file, _HERE / file):
        if path.exists():
            text = path.read_text(encoding="utf-8")
            return _INCLUDE.sub(lambda line: _read(folder, line[1]), text)
    there = ", ".join(sorted(path.name for path in folder.glob("*.lua"))) or "none"
    raise FileNotFoundError(f"no script {file} in {folder}; there are: {there}")
