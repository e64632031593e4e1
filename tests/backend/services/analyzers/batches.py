"""Batches for the analyzers to judge."""

from __future__ import annotations

from datetime import datetime, timedelta

from backend.services.analyzer import Batch, Seen

NOON = datetime.fromisoformat("2026-01-15T12:00:00+00:00")


def batch(*types: str, at: datetime = NOON, every: float = 1.0, confidence: float = 0.9) -> Batch:
    seen = [
        Seen(kind, confidence, at + timedelta(seconds=every * number))
        for number, kind in enumerate(types)
    ]
    return Batch("ab12", "front_door", tuple(seen))
