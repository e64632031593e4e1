"""Install what a file of requirements pins, and say how far it is; `setup.sh` calls this.

    .venv/bin/python scripts/install.py requirements.txt

uv does the work when it is on PATH, because it is quicker; otherwise pip. Of the course itself
nothing is built: a file in .venv tells Python where src/ is. What goes wrong is said in one
sentence, with what to do; where no sentence is known, the program's own last words.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

MB_A_PACKAGE = 6
"""What a package takes on the disk, on average, while it is installed."""
REASONS = {
    "No space left on device|os error 28": "The disk is full. Make room in {here} (900 MB do, for "
    "everything) and in {temporary}, then run the same command again.",
    "Permission denied|Read-only file system": "This folder or one in it cannot be written to. Run "
    "the same command as the user whose folder it is.",
    "NewConnectionError|Name or service not known|name resolution|ConnectTimeout|dns error|"
    "Connection refused|Network is unreachable|error sending request|ProxyError|timed out": "The "
    "packages' index cannot be reached. The set-up needs the internet once: look at the network, "
    "or at the proxy (HTTPS_PROXY) or mirror (PIP_INDEX_URL) that your network asks for, then run "
    "the same command again.",
}
"""What stands in the output when something goes wrong, and what a reader is told."""


def main(requirements: str) -> int:
    """Install the pins of one file; return 0, or 1 when a sentence has said what went wrong."""
    lines = Path(requirements).read_text(encoding="utf-8").splitlines()
    # Without those that are for some systems or Pythons alone.
    wanted = {line.partition("==")[0] for line in lines if "==" in line and ";" not in line}
    missing = len(wanted - _installed())
    if (room := shutil.disk_usage(".").free // 2**20) < missing * MB_A_PACKAGE:
        needed = f"{missing} packages take up to {missing * MB_A_PACKAGE} MB"
        return _fail(f"The disk has {room} MB left, and {needed}. Make room, then try again.")
    started = time.monotonic()
    output: list[str] = []
    try:
        status = _run(_installer(requirements), output, wanted)
    except KeyboardInterrupt:
        return _fail("Interrupted. The same command starts again.")
    if status:
        return _fail(_reason("\n".join(output)))
    # Seen from that file, so that no folder's name stands in it: Python reads it in the encoding
    # of the shell.
    packages = Path(sysconfig.get_path("purelib"))
    (packages / "course.pth").write_text(f"{os.path.relpath('src', packages)}\n")
    print(f"  All packages are here, in {time.monotonic() - started:.0f} s.")
    return 0


def _installer(requirements: str) -> list[str]:
    """Return the command. All that the pins need is pinned: no dependencies are looked for."""
    options = ["--no-deps", "-r", requirements]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable, *options]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    return [*pip, "--progress-bar=off", *options]


def _run(command: list[str], output: list[str], wanted: set[str]) -> int:
    """Run an installer, add its lines to the output, and say how far it is."""
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert program.stdout
    lines = program.stdout
    reader = threading.Thread(target=lambda: output.extend(lines), daemon=True)
    reader.start()
    on_a_screen = sys.stdout.isatty()
    said = ""
    while reader.is_alive():
        reader.join(0.5 if on_a_screen else 10)
        if reader.is_alive() and (now := _progress(output, wanted)) != said:
            said = now
            print(f"  {said:70}", end="\r" if on_a_screen else "\n", flush=True)
    return program.wait()


def _progress(output: list[str], wanted: set[str]) -> str:
    """Say how many packages have been fetched, with their size, or have been unpacked."""
    sizes = re.findall(r"(?:Downloading|Using cached) \S+ \((.+?) ([kM])B\)", "".join(output))
    megabytes = sum(float(size) / (1000 if unit == "k" else 1) for size, unit in sizes)
    unpacked = len(wanted & _installed())
    if sizes and not any("Installing collected" in line for line in output):
        return f"fetched {len(sizes)} packages, {megabytes:.0f} MB"
    return f"unpacked {unpacked} of {len(wanted)} packages" if unpacked else "asking what is there"


def _installed() -> set[str]:
    """Return the names of the packages that are here, as the pins write them."""
    folders = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    names = (folder.name.partition("-")[0] for folder in folders)
    return {re.sub(r"[_.]+", "-", name).lower() for name in names}


def _reason(output: str) -> str:
    for pattern, sentence in REASONS.items():
        if re.search(pattern, output):
            temporary = os.environ.get("TMPDIR", "/tmp")
            return sentence.format(here=Path.cwd(), temporary=temporary)
    last = "\n".join(output.splitlines()[-15:])
    return f"{last}\nThe set-up failed. What it says above is all that is known."


def _fail(sentence: str) -> int:
    print(f"\n{sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
