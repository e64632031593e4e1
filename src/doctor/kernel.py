"""What a notebook's kernel does: it is started as JupyterLab starts it, and a cell is run."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

PROJECT = Path(__file__).parents[2]
PACKAGES = "backend, course, exercises, private_redis"
IMPORTS = f"""
import json, matplotlib.pyplot, course.nest_asyncio, redis
import {PACKAGES}
print(json.dumps({{each.__name__: each.__file__ for each in ({PACKAGES})}}))
"""
TWO_VALUES = "1\n2"


def kernel() -> tuple[str, str]:
    """Does a cell find this clone's code, and show what it should?"""
    from jupyter_client.manager import start_new_kernel

    try:
        manager, client = start_new_kernel(
            cwd=str(PROJECT / "notebooks"), stdout=DEVNULL, stderr=DEVNULL
        )
    except Exception as error:  # no folder to write to, no port, a start that takes too long
        return "FAIL", f"no kernel starts ({type(error).__name__}: {error})."
    try:
        said, shown = _run(client, IMPORTS), _run(client, TWO_VALUES)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return judged(said, shown)


def _run(client: Any, code: str) -> dict[str, list[str]]:
    """Run a cell; return its outputs by their kind."""
    outputs: dict[str, list[str]] = {"stdout": [], "stderr": [], "error": [], "result": []}

    def keep(message: dict[str, Any]) -> None:
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                outputs[content["name"]].append(content["text"])
            case "error":
                outputs["error"].append(f"{content['ename']}: {content['evalue']}")
            case "execute_result":
                outputs["result"].append(content["data"]["text/plain"])

    client.execute_interactive(code, timeout=60, output_hook=keep, allow_stdin=False)
    return outputs


def judged(said: dict[str, list[str]], shown: dict[str, list[str]]) -> tuple[str, str]:
    """Return the finding, for the outputs of a cell that imports and of one with two values."""
    remedy = "Unset PYTHONPATH, and remove files of that name from notebooks/."
    if said["error"]:
        return "FAIL", f"the first cell fails: {said['error'][0]}. {remedy}"
    where = json.loads("".join(said["stdout"]).splitlines()[-1])
    for name, path in where.items():
        if not Path(path or "").is_relative_to(PROJECT / "src"):
            return "FAIL", f"`{name}` comes from {path}, not from this clone. {remedy}"
    if said["stderr"]:
        line = "".join(said["stderr"]).strip().splitlines()[0]
        return "warn", f"a first cell also prints: {line}"
    if shown["result"] != ["2"]:
        return "warn", "your IPython settings show other outputs than the lessons describe."
    return "ok", "a kernel starts, and finds this clone's code"
