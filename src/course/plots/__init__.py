"""Plots whose numbers come from a server, and which say in words what they show.

Three steps, one call each:

    async with plots.watch(client, ["detection_queue"]) as lengths:       # measure
        await asyncio.gather(camera_burst(), detector())
    figure = plots.queue_lengths(lengths, title="A burst and its drain")  # draw
    plots.show(figure, words=plots.peaks(30, 60))                         # show, and say

What `show` says is read back from the drawn figure. Words for exact measurements list every value
(the default); words for timed ones state only what holds in every run: see `peaks`, `peaks_after`,
`ends`, `all_under`, `runs_down`, or pass a function of your own from a `words.Series` to a str.

lengths.py    what has been measured
words.py      a figure in words
figures.py    draw
places.py     draw where every job is
output.py     show a figure with its words
live.py       the figure that moves while a cell runs
measure.py    watch: sample the lengths while the body runs
"""

from course.plots.figures import deliveries, line, queue_lengths, round_trips
from course.plots.measure import watch
from course.plots.output import show
from course.plots.places import account
from course.plots.words import all_under, ends, peaks, peaks_after, runs_down

__all__ = [
    "account",
    "all_under",
    "deliveries",
    "ends",
    "line",
    "peaks",
    "peaks_after",
    "queue_lengths",
    "round_trips",
    "runs_down",
    "show",
    "watch",
]
