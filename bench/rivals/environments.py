"""The libraries, and an environment for each: `build/rivals/<library>`, made on first use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "rivals"


@dataclass(frozen=True)
class Rival:
    """One library, as `rivals.toml` describes it."""

    name: str
    pins: list[str]
    licence: str
    in_one_call: bool
    one_at_a_time: bool


def rivals() -> dict[str, Rival]:
    """Return the libraries by name."""
    text = Path(__file__).with_name("rivals.toml").read_text(encoding="utf-8")
    return {name: Rival(name, **described) for name, described in tomllib.loads(text).items()}


def python_for(rival: Rival) -> Path:
    """Return the Python of the library's environment, which is made if it is not as pinned.

    Raises:
        CalledProcessError: it could not be made; the installer has said why.
    """
    folder = FOLDER / rival.name
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join([sys.version, *rival.pins])
    if not (installed.exists() and installed.read_text(encoding="utf-8") == wanted):
        print(f"making the environment of {rival.name}", file=sys.stderr, flush=True)
        _make(folder, python, rival.pins)
        installed.write_text(wanted, encoding="utf-8")
    return python


def _make(folder: Path, python: Path, pins: list[str]) -> None:
    """Make it anew; with uv if it is there, which is quicker, otherwise with venv and pip."""
    if uv := shutil.which("uv"):
        venv = [uv, "venv", "--quiet", "--clear", "--python", sys.executable]
        install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    else:
        venv = [sys.executable, "-m", "venv", "--clear"]
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*venv, str(folder)], check=True)
    subprocess.run([*install, *pins], check=True)
