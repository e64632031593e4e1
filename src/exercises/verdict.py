"""What a check says: in words, and in colour for those who see it."""

import html
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["not attempted", "not yet", "right"]

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS: dict[Kind, str] = {"not attempted": "#0072B2", "not yet": "#D55E00", "right": "#009E73"}

Mistake = str | Mapping[str, Any]
"""The name of a mistake; or several, each with whether it is the one. The first that fits is it.

Whether it fits may depend on what came: then it is a function of that.
"""


class NotYet(BaseException):
    """Raised by a check: the answer does not do yet what it should.

    What the check lends to the answer raises it too, so it is no `Exception`, which many catch.

    Args:
        mistake: which it is; what is said of it stands in the exercise's Markdown file.
        expected: what should have come, in words or as code.
        came: what came instead.
        when: the situation, as a sentence; else the bench's own.
    """

    def __init__(self, mistake: Mistake, *, expected: str, came: str, when: str = "") -> None:
        self.mistake = which(mistake, came)
        super().__init__(self.mistake)
        self.expected, self.came, self.when = expected, shorten(came), when
        if self.came == expected:
            self.came += ", which only looks the same"


def which(mistake: Mistake, came: Any) -> str:
    """Return the name of the first mistake that fits what came."""
    if isinstance(mistake, str):
        return mistake
    for name, fits in mistake.items():
        with suppress(TypeError, AttributeError, LookupError):  # it is of quite another form
            if fits(came) if callable(fits) else fits:
                return name
    raise LookupError(f"Which mistake is it, if none of {', '.join(mistake)}?")


def expect(
    came: Any, right: Any, mistake: Mistake, *, expected: str = "", shown: str = "", when: str = ""
) -> None:
    """Raise NotYet unless what came is right, and of the same type.

    Args:
        came: what came.
        right: what should have come.
        mistake: as in `NotYet`; a function is asked about `came`.
        expected: in words, where the code of `right` says it less well.
        shown: the same for `came`.
        when: the situation, as a sentence; else the bench's own.
    """
    if came != right or type(came) is not type(right):
        expected, shown = expected or repr(right), shown or repr(came)
        raise NotYet(which(mistake, came), expected=expected, came=shown, when=when)


@dataclass(frozen=True)
class Verdict:
    """The verdict on an answer. As the last value of a cell it is shown as text and as HTML."""

    kind: Kind
    said: str
    details: tuple[tuple[str, str], ...] = ()
    """Lines below it: a label and a text."""
    mistake: str = ""
    """Its name, if there is one."""

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
