"""Keeps one process alive for exactly as long as the process that wants it.

Run as a program, not imported: `python -I -S supervisor.py FOLDER PROGRAM [ARGUMENT …]`

The program is a Redis server, or a consumer of the failure lab. It is started, its process id is
written as one line on standard output, and then its supervisor waits. The program is killed when
standard input ends, or when the supervisor is told to terminate. The other end of that pipe is held
by the one process that wants the program, so it closes in every way in which that process can end.
The supervisor ends after the program. With a FOLDER, which is "" for none, it waits for the end of
standard input too, and then removes it: so the data of a program that was killed can be used again.

The reader waits for this program. So what it needs itself is imported when the program has begun.
"""

import os
import sys


def main(folder: str, *command: str) -> None:
    """Run `command` until standard input ends; `folder` is removed afterwards."""
    supervisor = os.getpid()
    program = os.fork()
    if program == 0:
        become(command, supervisor)
    os.write(1, b"%d\n" % program)
    supervise(program, folder)


def become(command: tuple[str, ...], supervisor: int) -> None:
    """Run `command` in place of this process, a child of the supervisor."""
    try:
        end_with_the_parent()
        if os.getppid() != supervisor:  # it has ended before
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)  # what it prints goes where our errors go
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def end_with_the_parent() -> None:
    """Have Linux kill this process when its parent ends: also when that is killed for memory."""
    set_parent_death_signal, sigkill = 1, 9
    try:
        import ctypes

        ctypes.CDLL(None).prctl(set_parent_death_signal, sigkill, 0, 0, 0)
    except (ImportError, OSError, AttributeError):  # macOS has no such call
        pass


def supervise(program: int, folder: str) -> None:
    """Kill the program when standard input ends, then remove the folder. Does not return."""
    import signal
    import threading

    gone = False

    def remove_folder() -> None:
        import shutil  # large, and wanted in the end alone

        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # does not wait for the thread

    def end(*_: object) -> None:
        if gone:
            remove_folder()
        # Not SIGTERM: a program that has been stopped with SIGSTOP would not notice it.
        os.kill(program, signal.SIGKILL)

    def watch_standard_input() -> None:
        while os.read(0, 1024):
            pass
        end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watcher = threading.Thread(target=watch_standard_input, daemon=True)
    watcher.start()
    os.waitpid(program, 0)
    gone = True
    if folder:
        watcher.join()
    remove_folder()


if __name__ == "__main__":
    main(*sys.argv[1:])
