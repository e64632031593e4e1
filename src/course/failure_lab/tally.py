"""Where every item is that was added: handled, in one of the queue's places, or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Tally:
    """Where every item that was added is now. `print` it for one line."""

    added: int
    handled: int
    """Handled at least once."""
    waiting: int
    """Not handled yet; in the queue. The same for the next three, each with its place."""
    in_hand: int
    retrying: int
    dead_lettered: int
    missing: list[Any]
    """In none of these places: lost."""
    twice: int
    """How often an item was handled again that had been handled before."""

    @classmethod
    def of(
        cls, added: Iterable[Any], handled: Iterable[Any], places: Mapping[str, Iterable[Any]]
    ) -> Self:
        """Count the items, each in the first place where it is.

        Args:
            added: the ids of all items that were added.
            handled: the ids of what was handled, as often as it was handled.
            places: the ids of what is "waiting", "in_hand", "retrying" and "dead_lettered".
        """
        times = Counter(handled)
        left = dict.fromkeys(added)
        total = len(left)
        counts = {}
        for place, items in {"handled": times, **places}.items():
            here = left.keys() & items
            counts[place] = len(here)
            for item in here:
                del left[item]
        twice = sum(times.values()) - len(times)
        return cls(added=total, **counts, missing=list(left), twice=twice)

    @property
    def places(self) -> dict[str, int]:
        """How many items are in each place, by the place's name; together all that were added."""
        return {
            "handled": self.handled,
            "waiting": self.waiting,
            "in hand": self.in_hand,
            "retrying": self.retrying,
            "dead-lettered": self.dead_lettered,
            "missing": len(self.missing),
        }

    def __str__(self) -> str:
        parts = " + ".join(f"{number} {place}" for place, number in self.places.items())
        return f"{self.added} added = {parts}; {self.twice} handled twice"
