"""Plots whose numbers come from a server, and which say in words what they show.

Three steps, one call each:

    async with plots.watch(client, ["detection_queue"]) as lengths:     # measure
        await asyncio.gather(camera_burst(), detector())
    figure = plots.queue_lengths(lengths, title="A burst and its drain")  # draw
    plots.show(figure, words=plots.peaks(30, 60))                        # show, and say

What `show` says is read back from the drawn figure. Words for exact measurements list every value
(the default); words for timed ones state only what holds in every run: see `peaks`, `all_under`,
`runs_down`, or pass a function of your own from a `Series` to a str.
"""

from course.plots.figures import line, queue_lengths, round_trips, who_gets_what
from course.plots.measure import HasQueueLengths, Lengths, Mark, watch
from course.plots.output import png_description, show
from course.plots.words import Series, Words, all_under, describe, exact, peaks, runs_down

__all__ = [
    "HasQueueLengths",
    "Lengths",
    "Mark",
    "Series",
    "Words",
    "all_under",
    "describe",
    "exact",
    "line",
    "peaks",
    "png_description",
    "queue_lengths",
    "round_trips",
    "runs_down",
    "show",
    "watch",
    "who_gets_what",
]
