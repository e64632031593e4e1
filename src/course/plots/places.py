"""Draw the account: where every job is, over time."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course.plots.figures import SIZE, finish, with_gaps
from course.plots.lengths import Lengths

# From the bottom up. The colours are those of Okabe and Ito, one of them paler, and the hatches
# tell the places apart where there is no colour.
PLACES = {
    "handled": ("#009e73", ""),
    "in hand": ("#e69f00", "//"),
    "retrying": ("#cc79a7", "\\\\"),
    "waiting": ("#a9d9f5", ""),
    "dead-lettered": ("#555555", "++"),
    "missing": ("#d55e00", "xx"),
}


def account(lengths: Lengths, *, title: str) -> Figure:
    """Draw where every job is, over time: the places stand one on the other.

    Their sum is all that was added, so a job that is lost is seen as "missing". The long end in
    which nothing changes any more is cut off.

    Args:
        lengths: what `Round.watch` has measured.
        title: what the reader shall see in it.
    """
    counts = np.array([lengths[place] for place in PLACES])
    changes = np.flatnonzero((counts != counts[:, -1:]).any(axis=0))
    right = 1.2 * lengths.x[min([*changes[-1:] + 1, len(lengths.x) - 1])]
    x = [at for at in lengths.x if at <= right]
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot(xlabel="seconds", ylabel="jobs")
    floor = np.zeros(len(x) + len(lengths.outages))
    for (place, (colour, hatch)), heights in zip(PLACES.items(), counts, strict=True):
        starts, values = with_gaps(x, heights[: len(x)], lengths.outages)
        top = floor + values
        axes.stairs(
            top,
            [*starts, right],
            baseline=floor,
            fill=True,
            label=place,
            facecolor=colour,
            edgecolor="white",
            hatch=hatch,
            linewidth=0,
        )
        floor = top
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    finish(figure, axes, title, lengths.marks, lengths.outages)
    return figure
