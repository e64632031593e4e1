"""What can be broken: each incident is a real cause in a real process or in Redis.

incident.py     what every incident has: how it strikes, how it is cured, what showed it
processes.py    parts that end, hang, are slow, or were deployed with a mistake
redis_side.py   memory, types, permissions, slow commands, keys that stay
"""

from drills.incidents.incident import Incident
from drills.incidents.processes import Died, Hangs, SlowModel, WrongFolder, WrongName
from drills.incidents.redis_side import (
    AccessRefused,
    MemoryFull,
    NoTtl,
    RequeueLoop,
    SlowCommand,
    WrongType,
)

INCIDENTS: list[type[Incident]] = [
    Died,
    Hangs,
    WrongName,
    WrongType,
    SlowModel,
    MemoryFull,
    RequeueLoop,
    AccessRefused,
    NoTtl,
    SlowCommand,
    WrongFolder,
]
"""In the order of their numbers, from 1."""

CAUSES = sorted({incident.cause for incident in INCIDENTS})

__all__ = ["CAUSES", "INCIDENTS", "Incident"]
