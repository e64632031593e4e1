"""What a check says: in words, and in colour for those who see it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["not attempted", "not yet", "right"]

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS: dict[Kind, str] = {"not attempted": "#0072B2", "not yet": "#D55E00", "right": "#009E73"}


class NotYet(Exception):
    """Raised by a check: the answer does not do yet what it should.

    Args:
        hint: what to think about, for this very mistake.
        expected: what should have come, in words or as code.
        came: what came instead.
    """

    def __init__(self, hint: str, *, expected: str, came: str) -> None:
        super().__init__(hint)
        self.hint, self.expected, self.came = hint, expected, shorten(came)


def expect(came: Any, right: Any, hint: str) -> None:
    """Raise NotYet with this hint unless what came is right; both are shown as code."""
    if came != right:
        raise NotYet(hint, expected=repr(right), came=repr(came))


@dataclass(frozen=True)
class Verdict:
    """The verdict on an answer. As the last value of a cell it is shown as text and as HTML."""

    kind: Kind
    said: str
    """One short sentence."""
    details: tuple[tuple[str, str], ...] = ()
    """Lines below it: a label and a text."""

    def __repr__(self) -> str:
        width = max((len(label) for label, _ in self.details), default=0)
        lines = [f"  {label + ':':{width + 1}} {text}" for label, text in self.details]
        return "\n".join([f"{self.kind.capitalize()}. {self.said}", *lines])

    def _repr_html_(self) -> str:
        lines = [f"<b>{self.kind.capitalize()}.</b> {_marked(self.said)}"]
        lines += [f"<i>{label}:</i> {_marked(text)}" for label, text in self.details]
        style = f"border-left: 4px solid {COLOURS[self.kind]}; padding-left: 0.8em"
        return f'<div style="{style}">{"<br>".join(lines)}</div>'


def shorten(text: str, most: int = 300) -> str:
    """Return the text, or its beginning, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _marked(text: str) -> str:
    """Return text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
