"""The pencil: draw boxes, lists, arrows and texts. The unit is a tenth of an inch.

    sheet = Canvas(80, 22)
    queue = sheet.items(10, 5, ["job 1", "job 2"], label="detection_queue")
    worker = sheet.box(50, 5, "Detector", lit=True)
    sheet.arrow(queue.right, worker.left, "BLPOP")

The origin is below on the left. A sheet is white in a dark theme too, as the figures are, so that
one picture serves both. Colours never stand alone: what is lit has a thick border as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

INK, MUTED, PAPER = "#222222", "#666666", "#ffffff"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Okabe and Ito's, as in `course.plots`."""
TINTS = {BLUE: "#d6e9f5", ORANGE: "#fbe3d3", GREEN: "#d3efe5", PURPLE: "#f7e6ef", MUTED: "#f2f2f2"}
"""What fills a shape whose border has the colour."""

WORDS = {ORANGE: "#a84900", GREEN: "#00704f", PURPLE: "#8a4a6d"}
"""What words are written in, where the colour of the lines is too pale to be read on white."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """Where a shape lies, and where arrows may touch it."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        """The middle of the left edge."""
        return (self.x, self.y + self.height / 2)

    @property
    def right(self) -> Point:
        """The middle of the right edge."""
        return (self.x + self.width, self.y + self.height / 2)

    @property
    def top(self) -> Point:
        """The middle of the upper edge."""
        return (self.x + self.width / 2, self.y + self.height)

    @property
    def bottom(self) -> Point:
        """The middle of the lower edge."""
        return (self.x + self.width / 2, self.y)


class Canvas:
    """A sheet of paper.

    Args:
        width: in tenths of an inch; a notebook's column is 80 wide.
        height: the same.
    """

    def __init__(self, width: float, height: float) -> None:
        self._figure = Figure(figsize=(width / 10, height / 10), facecolor=PAPER)
        self._axes = self._figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        self._axes.set_axis_off()

    def box(
        self,
        x: float,
        y: float,
        text: str,
        *,
        width: float = 11,
        height: float = 5,
        colour: str = BLUE,
        lit: bool = True,
        round_corners: bool = True,
    ) -> Shape:
        """Draw a program or a place; a pale one is there, and not what the picture is about."""
        edge = colour if lit else MUTED
        rounding = 0.9 if round_corners else 0.0
        self._axes.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                boxstyle=f"round,pad=0,rounding_size={rounding}",
                facecolor=TINTS[edge],
                edgecolor=edge,
                linewidth=2.2 if lit else 0.9,
            )
        )
        self.text(x + width / 2, y + height / 2, text, colour=INK if lit else MUTED, bold=lit)
        return Shape(x, y, width, height)

    def items(
        self,
        x: float,
        y: float,
        items: Sequence[str],
        *,
        label: str = "",
        places: int = 0,
        width: float = 5,
        height: float = 4,
        colour: str = ORANGE,
        lit: bool = True,
    ) -> Shape:
        """Draw a list, its head on the left.

        Args:
            x: the left edge.
            y: the lower edge.
            items: what lies in it, the head first; "" is an empty place.
            label: its name, written below it.
            places: how many places to draw at least: those behind the items are empty.
            width: of one place.
            height: of one place.
            colour: of the border, and of what fills an item.
            lit: whether the picture is about it.
        """
        edge = colour if lit else MUTED
        shown = [*items, *[""] * (places - len(items))]
        for number, item in enumerate(shown):
            self._axes.add_patch(
                Rectangle(
                    (x + number * width, y),
                    width,
                    height,
                    facecolor=TINTS[edge] if item else PAPER,
                    edgecolor=edge,
                    linewidth=1.8 if lit else 0.9,
                )
            )
            middle = (x + (number + 0.5) * width, y + height / 2)
            self.text(*middle, item, size=8.5, colour=INK if lit else MUTED)
        shape = Shape(x, y, width * len(shown), height)
        if label:
            self.text(
                shape.bottom[0], y - 1.5, label, size=8.5, colour=INK if lit else MUTED, mono=True
            )
        return shape

    def arrow(
        self,
        start: Point,
        end: Point,
        text: str = "",
        *,
        colour: str = INK,
        bend: float = 0.0,
        dashed: bool = False,
        lift: float = 1.2,
        size: float = 8.5,
        head: Literal["-|>", "<|-|>", "-"] = "-|>",
    ) -> None:
        """Draw an arrow, with a text `lift` above its middle; `bend` curves it."""
        self._axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle=head,
                mutation_scale=11,
                connectionstyle=f"arc3,rad={bend}",
                linestyle=(0, (4, 2)) if dashed else "-",
                color=colour,
                linewidth=1.4,
                shrinkA=1.5,
                shrinkB=1.5,
            )
        )
        if text:
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + lift)
            self.text(*middle, text, size=size, colour=colour)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9.5,
        colour: str = INK,
        bold: bool = False,
        mono: bool = False,
        align: Literal["left", "center", "right"] = "center",
    ) -> None:
        """Write, centred on a point unless `align` says otherwise."""
        self._axes.text(
            x,
            y,
            text,
            fontsize=size,
            color=WORDS.get(colour, colour),
            fontweight="bold" if bold else "normal",
            family="monospace" if mono else "sans-serif",
            horizontalalignment=align,
            verticalalignment="center",
            linespacing=1.15,
        )

    def line(
        self,
        start: Point,
        end: Point,
        *,
        colour: str = INK,
        dashed: bool = False,
        width: float = 1.4,
    ) -> None:
        """Draw a line: the axis of a time, or the life line of a program."""
        style = (0, (4, 2)) if dashed else "-"
        xs, ys = zip(start, end, strict=True)
        self._axes.plot(xs, ys, color=colour, linestyle=style, linewidth=width)

    def band(
        self, x: float, y: float, width: float, height: float, *, colour: str, text: str = ""
    ) -> Shape:
        """Fill an area without a border: a span of time, or what belongs together."""
        self._axes.add_patch(
            Rectangle((x, y), width, height, facecolor=TINTS[colour], linewidth=0, zorder=0.5)
        )
        if text:
            self.text(x + width / 2, y + height / 2, text, size=8.5)
        return Shape(x, y, width, height)

    def save(self, path: Path) -> None:
        """Write the sheet as SVG: the same bytes each time, with the letters as paths."""
        with matplotlib.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "path"}):
            self._figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
