"""What every incident has."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from drills.system import System


class Incident(ABC):
    """Something that is broken on purpose.

    Args:
        chance: chooses the variant, so that a second try is not the same.
    """

    page: ClassVar[str]
    """What wakes you: what a colleague or an alert says."""
    cause: ClassVar[str]
    """In a word or two; one of `CAUSES`."""
    card: str
    """The heading of the card in `docs/runbook.md` that fits."""
    evidence: str
    """What was there to be seen, and decided it."""
    parts: Sequence[str] = ()
    """The parts that are at fault, or that have to be restarted; "redis" is one."""
    poison: Sequence[str] = ()
    """The names of files that belong in the dead letters."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.choose()

    def choose(self) -> None:  # noqa: B027 - some have one variant
        """Choose the variant."""

    @abstractmethod
    async def strike(self, system: System) -> None:
        """Break the system."""

    @abstractmethod
    async def cure(self, system: System) -> None:
        """Do what is right: the reference that the judge is tested with."""

    async def left(self, system: System) -> str | None:
        """Return what is still wrong, in a sentence, where the system seems well all the same."""
        return None
