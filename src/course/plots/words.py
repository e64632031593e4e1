"""Say what is drawn in a figure, read back from it: to compare the words compares the plot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from numpy.typing import ArrayLike, NDArray

# What is not read as a line is known by its gid: a vertical line that names a moment, a band in
# which nothing was measured, and a row of dots, whose values are where along the row they are.
MARK, OUTAGE, ROW = "mark", "outage", "row"
LONGEST_LIST = 60
"""How many values `exact` lists at most: nobody reads more of them."""


class Series(NamedTuple):
    """What one line or one set of bars shows."""

    label: str
    x: list[float]
    y: list[float]
    marks: tuple[tuple[str, float], ...] = ()
    """The moments that are named in the same axes: (label, place on the x axis), in order."""


Words = Callable[[Series], str]
"""Puts one series, which has values, into words."""


def exact(series: Series) -> str:
    """List every value: for plots that are the same in every run.

    Values that are numbered from 0 or from 1 stand by themselves: "0 5 3". Others come with their
    places on the x axis: "0 at 0, 5 at 10, 3 at 20".

    Raises:
        ValueError: there are more than 60 values.
    """
    values = series.y
    if len(values) > LONGEST_LIST:
        raise ValueError(
            f"{series.label!r} has {len(values)} values, too many to list in words. "
            "Say what holds in every run instead, such as words=plots.peaks(30, 60)."
        )
    if any(series.x == [*range(n, n + len(values))] for n in (0, 1)):
        return " ".join(map(_number, values))
    pairs = zip(series.y, series.x, strict=True)
    return ", ".join(f"{_number(y)} at {_number(x)}" for y, x in pairs)


def peaks(low: float, high: float) -> Words:
    """Say where a series starts, that its peak lies in a band, and where it ends.

    For queue lengths sampled by the clock: "starts at 0, peaks between 30 and 60, ends at 0". A
    peak outside the band is said as the number that it is, so that the words change.

    Take an edge of the band from the lesson where there is one: a queue never holds more than was
    pushed, and below some length the lesson would not be true. Where there is none, run the cell 20
    times, also on a busy machine, and leave as much room again as the values spread. Better still,
    take a sample at the top with `await lengths.sample()`.

    Args:
        low: the smallest peak that is still right.
        high: the largest.
    """

    def words(series: Series) -> str:
        start, end = _number(series.y[0]), _number(series.y[-1])
        return f"starts at {start}, peaks {_within(max(series.y), low, high)}, ends at {end}"

    return words


def ends(series: Series) -> str:
    """Say where a series ends, for what varies before that: "ends at 12"."""
    return f"ends at {_number(series.y[-1])}"


def peaks_after(bands: Mapping[str, tuple[float, float]]) -> Words:
    """Say in which band the peak lies after each of some marks, until the mark that follows.

    As `peaks`, for a part of a plot: "starts at 0; after burst between 5 and 45; ends at 0".

    Args:
        bands: {label of a mark: (smallest, largest peak that is right)}.
    """

    def words(series: Series) -> str:
        places = dict(series.marks)
        if missing := set(bands) - set(places):
            raise ValueError(f"no mark is named {sorted(missing)}: there are {[*places]}")
        said = [f"starts at {_number(series.y[0])}"]
        for label, (low, high) in bands.items():
            said.append(f"after {label} {_within(_peak_after(series, label), low, high)}")
        return "; ".join([*said, f"ends at {_number(series.y[-1])}"])

    return words


def _peak_after(series: Series, label: str) -> float:
    """Return the largest value from a mark to the next; a value holds until the one after it."""
    places = [place for _, place in series.marks]
    start = dict(series.marks)[label]
    end = min((place for place in places if place > start), default=float("inf"))
    points = [*zip(series.x, series.y, strict=True)]
    held = [y for x, y in points if x <= start][-1:]
    return max(held + [y for x, y in points if start < x < end])


def _within(peak: float, low: float, high: float) -> str:
    band = f"between {_number(low)} and {_number(high)}"
    return band if low <= peak <= high else f"at {_number(peak)}, which is not {band}"


def all_under(limit: float, unit: str, *, but: int = 0) -> Words:
    """Say how many values there are, and that they are under a limit.

    For times that vary, such as round trips: "100 values, all under 50 ms". Choose a limit that a
    slow machine keeps and a fault does not: ten times the usual value, or more. `but` is how many
    may lie above it by nobody's fault: "100 values, all but at most 2 under 50 ms".
    """

    def words(series: Series) -> str:
        above = sum(value >= limit for value in series.y)
        enough = f"all but at most {but}" if but else "all"
        who = f"{above} of them not" if above > but else enough
        return f"{len(series.y)} values, {who} under {_number(limit)} {unit}"

    return words


def runs_down(unit: str) -> Words:
    """Say from where a series runs down, how often it is set anew, and whether it reaches 0.

    For the time that keys have left: "starts at 3 s, set anew 2 times, runs down to 0 s". The start
    is rounded to a whole number, so read it soon after it was set.
    """

    def words(series: Series) -> str:
        anew = sum(after > before for before, after in pairwise(series.y))
        often = {0: "never set anew", 1: "set anew once"}.get(anew, f"set anew {anew} times")
        end = f"runs down to 0 {unit}" if series.y[-1] <= 0 else "ends with time left"
        return f"starts at {round(series.y[0])} {unit}, {often}, {end}"

    return words


def describe(figure: Figure, words: Words | Mapping[str, Words] = exact) -> str:
    """Return what the figure shows: its titles, then a line for each series and one for the marks.

    Args:
        figure: any matplotlib figure with lines, bars or layers.
        words: how to put a series into words: one way for all, or {label: way}; the others `exact`.

    Raises:
        ValueError: nothing is drawn, or `words` names a series which is not there, or is too long.
    """
    ways, usual = (words, exact) if isinstance(words, Mapping) else ({}, words)
    lines = [figure.get_suptitle()]
    labels = []
    for axes in figure.axes:
        lines.append(axes.get_title(loc="left") or axes.get_title())
        if axes.get_ylabel() and axes.get_xlabel():
            lines.append(f"{axes.get_ylabel()}, by {axes.get_xlabel()}")
        for series in drawn(axes):
            labels.append(series.label)
            said = ways.get(series.label, usual)(series) if series.y else "nothing"
            lines.append(f"{series.label}: {said}")
        if layers := [series.y for series in _layers(axes)]:
            sums = {_number(sum(values)) for values in zip(*layers, strict=True)}
            lines.append(f"together: {' or '.join(sorted(sums))} at any time")
        if marks := _marks(axes):
            # A place on the axis is said where it is the same in every run.
            at = " at {}" if words is exact else ""
            said = ", ".join(label + at.format(_number(place)) for label, place in marks)
            lines.append(f"marked: {said}")
        if any(patch.get_gid() == OUTAGE for patch in axes.patches):
            lines.append("no answer for a while: nothing is known there")
    if missing := set(ways) - set(labels):
        raise ValueError(f"words for {sorted(missing)}, but what is drawn is {labels}")
    if not labels:
        raise ValueError("nothing is drawn in this figure: no line and no bars")
    return "\n".join(filter(None, lines))


def drawn(axes: Axes) -> Iterator[Series]:
    """Yield every series that is drawn in the axes: lines, layers, then bars."""
    numbers = count(1)

    def named(label: object) -> str:
        number = next(numbers)
        # matplotlib's own names for what has no label begin with an underscore
        return f"series {number}" if str(label).startswith("_") or not label else str(label)

    for line in axes.lines:
        if line.get_gid() != MARK:
            x, y = _floats(line.get_xdata()), _floats(line.get_ydata())
            if line.get_gid() == ROW:
                x, y = np.arange(len(x), dtype=np.float64), x
            known = ~np.isnan(y)  # a gap is drawn as a point that is no number
            label = named(line.get_label())
            yield Series(label, x[known].tolist(), y[known].tolist(), _marks(axes))
    for series in _layers(axes):
        yield series._replace(label=named(series.label))
    for bars in axes.containers:
        if isinstance(bars, BarContainer):
            middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
            yield Series(named(bars.get_label()), middles, [bar.get_height() for bar in bars])


def _layers(axes: Axes) -> Iterator[Series]:
    """Yield what stands one on the other, each as high as it is by itself."""
    for patch in axes.patches:
        if isinstance(patch, StepPatch):
            tops, edges, floor = patch.get_data()
            heights = _floats(tops) - _floats(floor)
            known = ~np.isnan(heights)
            x = _floats(edges)[:-1][known].tolist()
            yield Series(str(patch.get_label()), x, heights[known].tolist(), _marks(axes))


def _marks(axes: Axes) -> tuple[tuple[str, float], ...]:
    """Return the names of the marked moments and their places, from left to right."""
    marks = [line for line in axes.lines if line.get_gid() == MARK]
    named = [(str(line.get_label()), float(_floats(line.get_xdata())[0])) for line in marks]
    return tuple(sorted(named, key=lambda mark: mark[1]))


def _floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
