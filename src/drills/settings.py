"""What a deployment decides about one part of the system."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = (
    "camera",
    "file_watcher",
    "detector-1",
    "detector-2",
    "batch_aggregator",
    "analyzer",
    "web",
    "thumbnails",
)
"""The parts of a system that is well, in the order in which they are started."""

LEASE = 2.0
"""Seconds; production has 30. In a drill nobody wants to wait so long for an item to come back."""
PERIOD = 0.4
"""Seconds between two images."""


@dataclass(frozen=True)
class Settings:
    """The settings of a part. `System.restart` changes them: `restart("web", namespace="")`."""

    namespace: str = ""
    """Put before every name in Redis."""
    root: str = "cameras"
    """The folder of the cameras' folders, inside the system's own folder."""
    look_seconds: float = 0.0
    """How long the detector's model thinks about an image, beside what it takes anyway."""
    thumbnail_ttl: int = 5
    """Seconds for which a thumbnail is kept; 0 keeps it for ever."""
    thumbnail_again: bool = False
    """Whether a thumbnail is written again, by a SET that says nothing of its time to live."""
    report: str = "KEYS"
    """What a report does again and again in one script: `KEYS`, or `SUM` with no command at all."""
