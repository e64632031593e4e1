"""A row of the table, the table as text, and all of it as a JSON file."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.measure import Ratio


@dataclass(frozen=True)
class Row:
    """One path, what was measured, and what it should be."""

    path: str
    measured: Ratio | float | None
    """A ratio with its spread, a plain number, or None: it could not be measured."""
    at_most: float | None = None
    at_least: float | None = None
    unit: str = "times"
    note: str = ""
    """Why it could not be measured, or what else to know."""

    @property
    def value(self) -> float | None:
        """The number that is held against the goal."""
        return self.measured.median if isinstance(self.measured, Ratio) else self.measured

    @property
    def goal(self) -> str:
        """The goal in words; empty if there is none."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """`met` or `missed`; empty without a goal or a measurement."""
        if self.value is None or not self.goal:
            return ""
        too_much = self.at_most is not None and self.value > self.at_most
        too_little = self.at_least is not None and self.value < self.at_least
        return "missed" if too_much or too_little else "met"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, a line for each: path, measured, goal."""
    lines = [("path", "measured", "middle half", "goal", "")]
    lines += [(row.path, _measured(row), _spread(row), row.goal, row.verdict) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    notes = [f"{row.path}: {row.note}" for row in rows if row.note]
    return "\n".join([text, "", *notes] if notes else [text])


def _measured(row: Row) -> str:
    if row.value is None:
        return "not measured"
    is_whole = row.value >= 100 or row.unit == "bytes"
    number = f"{row.value:,.0f}" if is_whole else f"{row.value:.2f}"
    return number if row.unit == "times" else f"{number} {row.unit}"


def _spread(row: Row) -> str:
    if not isinstance(row.measured, Ratio):
        return ""
    return f"{row.measured.low:.2f} to {row.measured.high:.2f}"


def as_json(rows: Sequence[Row], *, rounds: int, server: str) -> str:
    """Return the rows as JSON, with what they were measured on."""
    measured = [
        {**asdict(row), "value": row.value, "goal": row.goal, "verdict": row.verdict}
        for row in rows
    ]
    return json.dumps(
        {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rounds": rounds,
            "python": platform.python_version(),
            "redis-py": version("redis"),
            "server": server,
            "rows": measured,
        },
        indent=2,
    )


def write(text: str, file: Path) -> None:
    """Write a file of results; its folder is made if it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")
