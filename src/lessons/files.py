"""The lessons as files: the reader's, the original that git has, and copies that are set aside."""

from __future__ import annotations

import subprocess
import time
from difflib import get_close_matches
from pathlib import Path

from private_redis import PlainError

PROJECT = Path(__file__).parents[2]
ASIDE = "answers"
"""The folder, in the project and not in git, to which the reader's copies go."""


class Refused(PlainError):
    """A command cannot do what it was asked for; nothing was changed. The message says why."""


class Course:
    """The folder of the course, a clone of git."""

    def __init__(self, folder: Path = PROJECT) -> None:
        self.folder = folder
        if not (folder / ".git").exists():
            raise Refused(f"{folder} is no clone of git, so nobody here has the originals.")

    def git(self, *arguments: str) -> bytes:
        """Run git and return what it prints. Raises Refused, with git's own words."""
        try:
            done = subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True)
        except FileNotFoundError:
            raise Refused("git is not installed: install it, then run this again.") from None
        if done.returncode:
            raise Refused(f"`git {' '.join(arguments)}` says: {done.stderr.decode().strip()}")
        return done.stdout

    def path(self, name: str) -> Path:
        """Return the file of a lesson that is called `02_queue`, `02`, `2`, `queue` or by its path.

        Raises:
            Refused: there is no such lesson; the message says which there are.
        """
        listed = self.git("ls-tree", "--name-only", "HEAD", "notebooks/").decode().split()
        stems = [Path(each).stem for each in listed if each.endswith(".ipynb")]
        wanted = Path(name).stem
        names = {each: (each, each[:2], each[:2].removeprefix("0"), each[3:]) for each in stems}
        found = [each for each in stems if wanted in names[each]]
        if not found:
            close = get_close_matches(wanted, stems, n=1, cutoff=0.4) or stems
            raise Refused(f"There is no lesson {name!r}. Did you mean {' or '.join(close)}?")
        return self.folder / "notebooks" / f"{found[0]}.ipynb"

    def original(self, lesson: Path) -> bytes:
        """Return a lesson as the course in this folder has it."""
        return self.git("show", f"HEAD:notebooks/{lesson.name}")

    def changed(self) -> list[Path]:
        """Return the lessons that the reader has changed."""
        said = self.git("diff", "--name-only", "--diff-filter=M", "-z", "HEAD", "--", "notebooks/")
        return [self.folder / name for name in said.decode().split("\0") if name]

    def set_aside(self, lesson: Path) -> Path:
        """Copy the reader's lesson to a new file, and return that, as seen from the project."""
        folder = self.folder / ASIDE
        folder.mkdir(exist_ok=True)
        stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
        for number in range(1, 1000):
            suffix = f"_{number}" if number > 1 else ""
            copy = folder / f"{lesson.stem}_{stamp}{suffix}.ipynb"
            try:
                with copy.open("xb") as new:
                    new.write(lesson.read_bytes())
            except FileExistsError:
                continue
            return copy.relative_to(self.folder)
        raise Refused(f"{folder} is full of copies of this second.")
