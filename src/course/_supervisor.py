"""Keeps one Redis server alive for exactly as long as the process that wants it.

Run as a program, not imported: `python -I -S _supervisor.py FOLDER SERVER [ARGUMENT …]`

It starts the server, writes the server's process id as one line on standard output, and waits. The
server is killed when standard input ends, or when this program is told to terminate. The other end
of that pipe is held by the one process that wants the server, so it closes in every way in which
that process can end. When the server is gone, for whatever reason, FOLDER is removed and this
program ends.

Only small modules are imported: the reader waits for this program.
"""

import os
import shutil
import signal
import sys
import threading
from types import FrameType


def main(folder: str, command: list[str]) -> None:
    """Run `command` until standard input ends; `folder` is removed afterwards."""
    server = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, 2, 1),  # its log goes where our errors go: to a file
        ],
    )

    def kill_server(_signal: int = 0, _frame: FrameType | None = None) -> None:
        # Not SIGTERM: a server that has been stopped with SIGSTOP would not notice it.
        # Nothing is lost, since the server stores nothing.
        os.kill(server, signal.SIGKILL)

    def watch_standard_input() -> None:
        while os.read(0, 1024):
            pass
        kill_server()

    signal.signal(signal.SIGTERM, kill_server)
    signal.signal(signal.SIGHUP, kill_server)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(1, b"%d\n" % server)
    threading.Thread(target=watch_standard_input, daemon=True).start()
    os.waitpid(server, 0)

    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # does not wait for the thread


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
