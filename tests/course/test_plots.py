"""The plots: measured on a real server, and true in words."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import nbformat
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from nbclient import NotebookClient
from redis.exceptions import ResponseError
from tests.notebooks.stored import PIXELS, png_description
from tests.support import THOROUGH

from backend.core.redis import RedisClient
from course import plots
from course.plots import figures, live, output
from course.plots.lengths import Lengths, Mark, Outage
from course.plots.places import PLACES
from course.plots.words import Words, describe, exact
from private_redis import PrivateServer

QUEUE = "detection_queue"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, str]]:
    """The pictures and texts that are shown."""
    outputs: list[tuple[bytes, str]] = []
    monkeypatch.setattr(output, "publish", lambda png, text: outputs.append((png, text)))
    return outputs


async def push(client: RedisClient, items: int) -> None:
    for number in range(items):
        await client.add_to_queue(QUEUE, {"number": number})


async def pop(client: RedisClient, items: int) -> None:
    for _ in range(items):
        assert await client.get_from_queue(QUEUE, timeout=5) is not None


def staircase(*values: float, label: str = QUEUE, marks: tuple[Mark, ...] = ()) -> Figure:
    """Draw values which no server has measured: for tests of words alone."""
    return plots.line(
        {label: values}, title="A title", x_label="step", y_label="items waiting", marks=marks
    )


# Measuring


async def test_a_sample_after_each_step_gives_every_length(client: RedisClient) -> None:
    async with plots.watch(client, [QUEUE], every=None) as lengths:
        await lengths.sample()
        for _ in range(3):
            await push(client, 1)
            await lengths.sample()
        for _ in range(3):
            await pop(client, 1)
            await lengths.sample()
    assert lengths[QUEUE] == [0, 1, 2, 3, 2, 1, 0]
    assert lengths.x == [0, 1, 2, 3, 4, 5, 6]


async def test_samples_by_the_clock_follow_a_producer_and_a_consumer(client: RedisClient) -> None:
    async with plots.watch(client, [QUEUE], every=0.005) as lengths:
        await push(client, 40)
        await lengths.sample()
        lengths.mark("burst ends")
        await pop(client, 40)
    assert (lengths[QUEUE][0], max(lengths[QUEUE]), lengths[QUEUE][-1]) == (0, 40, 0)
    assert lengths.times == sorted(lengths.times)
    assert len(lengths.times) == len(lengths[QUEUE])
    (mark,) = lengths.marks
    assert mark.label == "burst ends"
    assert lengths.times[0] < mark.at < lengths.times[-1]


async def test_the_first_sample_precedes_the_body_and_the_last_follows_it(
    client: RedisClient,
) -> None:
    async with plots.watch(client, [QUEUE], every=60) as lengths:
        await push(client, 5)
    assert lengths[QUEUE] == [0, 5]


async def test_several_queues_are_sampled_together(client: RedisClient) -> None:
    async with plots.watch(client, [QUEUE, "analysis_queue"], every=None) as lengths:
        await push(client, 2)
        await client.add_to_queue("analysis_queue", {"batch_id": "b1"})
        await lengths.sample()
    assert lengths == {QUEUE: [2], "analysis_queue": [1]}


async def test_the_last_sample_follows_a_body_that_ends_while_a_sample_is_read(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = itertools.count(1)
    reading, go_on = asyncio.Event(), asyncio.Event()
    ask = client.get_queue_length

    async def second_reply_is_late(queue: str) -> int:
        length = await ask(queue)
        if next(replies) == 2:
            reading.set()
            await go_on.wait()
        return length

    monkeypatch.setattr(client, "get_queue_length", second_reply_is_late)
    async with plots.watch(client, [QUEUE], every=0.001) as lengths:
        await reading.wait()
        await push(client, 5)
        asyncio.get_running_loop().call_soon(go_on.set)  # runs when the body has ended
    assert lengths[QUEUE] == [0, 0, 5]


@pytest.mark.parametrize(
    ("queues", "options", "error"),
    [
        (QUEUE, {}, TypeError),
        ([], {}, ValueError),
        ([QUEUE], {"every": 0}, ValueError),
        ([QUEUE], {"every": None, "live": True}, ValueError),
    ],
)
async def test_a_watch_that_makes_no_sense_is_refused(
    client: RedisClient, queues: list[str], options: dict[str, float], error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with plots.watch(client, queues, **options):
            pass


# Failing


async def test_an_error_of_the_sampling_ends_a_body_that_waits_for_ever(
    client: RedisClient,
) -> None:
    async def wait_for_ever() -> None:
        async with plots.watch(client, [QUEUE]):
            await client.set(QUEUE, "not a list", expire=60)
            await asyncio.Event().wait()

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await asyncio.wait_for(wait_for_ever(), 5)


async def test_a_hung_server_is_reported_within_the_deadline(
    private_server: PrivateServer,
) -> None:
    async def wait_for_ever() -> None:
        async with (
            RedisClient(private_server.url) as client,
            plots.watch(client, [QUEUE], timeout=0.2),
        ):
            private_server.pause()
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match=r"detection_queue took longer than 0\.2 s"):
        await asyncio.wait_for(wait_for_ever(), 5)


async def test_the_error_of_the_body_is_raised_as_itself(client: RedisClient) -> None:
    async def fail() -> None:
        async with plots.watch(client, [QUEUE]):
            raise LookupError("the lesson's own") from KeyError("its cause")

    with pytest.raises(LookupError, match="the lesson's own") as caught:
        await fail()
    assert isinstance(caught.value.__cause__, KeyError)


async def test_nothing_goes_on_after_a_watch(client: RedisClient) -> None:
    before = asyncio.all_tasks()
    async with plots.watch(client, [QUEUE]):
        pass
    assert asyncio.all_tasks() == before


# Outages


async def test_a_server_that_hangs_leaves_a_gap_and_no_value(
    private_server: PrivateServer,
) -> None:
    async with (
        RedisClient(private_server.url) as client,
        plots.watch(client, [QUEUE], every=0.01) as lengths,
    ):
        await push(client, 1)
        private_server.pause()
        await asyncio.sleep(1.5)
        private_server.resume()
        await push(client, 1)
    (outage,) = lengths.outages
    assert outage.end - outage.start >= 0.5
    assert not any(outage.start < time < outage.end for time in lengths.times)


async def test_a_program_that_stands_still_itself_leaves_no_gap(client: RedisClient) -> None:
    """On a busy machine it hears late of an answer that was given in time."""
    async with plots.watch(client, [QUEUE], every=0.01) as lengths:
        question = asyncio.create_task(lengths.sample())
        await asyncio.sleep(0)  # it is on its way
        time.sleep(0.7)  # noqa: ASYNC251 - this program stands still
        await question
    assert lengths.outages == []


async def test_a_copy_can_be_drawn_while_an_answer_is_owed(client: RedisClient) -> None:
    async with plots.watch(client, [QUEUE], every=None) as lengths:
        question = asyncio.create_task(lengths.sample())
        await asyncio.sleep(0)  # it is on its way
        assert deepcopy(lengths).x == lengths.x
        await question


async def test_quick_answers_leave_no_gap(client: RedisClient) -> None:
    async with plots.watch(client, [QUEUE], every=0.01) as lengths:
        await push(client, 5)
    assert lengths.outages == []


def with_an_outage(start: float, end: float) -> Figure:
    return plots.line(
        {QUEUE: [20, 20, 0]},
        x=[0, 1, 5],
        title="",
        x_label="seconds",
        y_label="items",
        draw="steps",
        outages=[Outage(start, end)],
    )


def test_no_line_is_drawn_through_an_outage_and_a_grey_band_says_why() -> None:
    axes = with_an_outage(2, 5).axes[0]
    (line,) = axes.lines
    gap = [x for x, y in zip(*line.get_data(), strict=True) if np.isnan(y)]
    assert gap == [2]
    (band,) = axes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (2, 5)
    legend = band.figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == [QUEUE, "no answer"]


def test_an_outage_is_said_in_words_and_counts_as_no_value() -> None:
    lines = describe(with_an_outage(2, 5), plots.peaks(20, 20)).splitlines()
    assert lines[-2:] == [
        "detection_queue: starts at 20, peaks between 20 and 20, ends at 0",
        "no answer for a while: nothing is known there",
    ]


def counted(missing: list[int], waiting: list[int], outages: Sequence[Outage] = ()) -> Lengths:
    """What a round has counted, once a second: whatever is neither missing nor waiting, handled."""
    lengths = Lengths(None, [*PLACES], timed=True, timeout=1)  # type: ignore[arg-type]
    lengths.times, lengths.outages = [float(n) for n in range(len(missing))], [*outages]
    for place in PLACES:
        lengths[place] = [0] * len(missing)
    lengths["missing"], lengths["waiting"] = missing, waiting
    pairs = zip(missing, waiting, strict=True)
    lengths["handled"] = [12 - gone - left for gone, left in pairs]
    return lengths


def test_an_account_says_where_everything_ends_and_that_the_sum_is_constant() -> None:
    figure = plots.account(counted([0, 1, 1], [12, 5, 0]), title="One is lost")
    assert describe(figure, plots.ends).splitlines() == [
        "One is lost",
        "jobs, by seconds",
        "handled: ends at 11",
        "in hand: ends at 0",
        "retrying: ends at 0",
        "waiting: ends at 0",
        "dead-lettered: ends at 0",
        "missing: ends at 1",
        "together: 12 at any time",
    ]


def test_an_account_that_does_not_add_up_says_so() -> None:
    lengths = counted([0, 1, 1], [12, 5, 0])
    lengths["missing"][1] = 3
    assert "together: 12 or 14 at any time" in describe(plots.account(lengths, title=""))


def test_the_layers_of_an_account_stand_one_on_the_other_and_no_two_look_the_same() -> None:
    axes = plots.account(counted([0, 1, 1], [12, 5, 0]), title="").axes[0]
    layers = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    assert [layer.get_label() for layer in layers] == [*PLACES]
    for below, above in pairwise(layers):
        assert [*below.get_data().values] == [*above.get_data().baseline]
    assert len({layer.get_facecolor() for layer in layers}) == len(PLACES)


def test_an_account_has_a_gap_where_the_server_gave_no_answer() -> None:
    lengths = counted([0, 0, 0], [12, 5, 0], [Outage(0.2, 1)])
    axes = plots.account(lengths, title="").axes[0]
    layers = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    values, edges, _ = layers[0].get_data()
    assert np.isnan(values[1])
    assert edges[1] == 0.2
    text = describe(plots.account(lengths, title=""), plots.ends)
    assert text.endswith("together: 12 at any time\nno answer for a while: nothing is known there")


def test_the_end_of_an_account_in_which_nothing_changes_is_cut_off() -> None:
    axes = plots.account(counted([0] * 50, [12, 5] + [0] * 48), title="").axes[0]
    assert axes.dataLim.x1 == pytest.approx(2 * 1.2)
    plots.account(counted([0] * 3, [12] * 3), title="")  # nothing changes at all


# Words


def test_an_exact_plot_lists_every_value_and_the_place_of_every_mark() -> None:
    figure = staircase(0, 1, 2, 1, 0, marks=(Mark(3, "producer stops"),))
    assert describe(figure) == (
        "A title\nitems waiting, by step\ndetection_queue: 0 1 2 1 0\nmarked: producer stops at 3"
    )


def test_an_exact_plot_says_where_values_stand_that_are_not_numbered_one_by_one() -> None:
    def said(x: list[float]) -> str:
        figure = plots.line({"a": [7, 8, 9]}, x=x, title="", x_label="seconds", y_label="items")
        return describe(figure).splitlines()[-1]

    assert said([0, 1, 2]) == said([1, 2, 3]) == "a: 7 8 9"
    assert said([0, 10, 20.5]) == "a: 7 at 0, 8 at 10, 9 at 20.5"
    assert said([3, 2, 1]) == "a: 7 at 3, 8 at 2, 9 at 1"


def test_a_changed_plotted_value_changes_the_words() -> None:
    figure = staircase(0, 1, 2, 1, 0)
    before = describe(figure)
    figure.axes[0].lines[0].set_ydata([0, 1, 3, 1, 0])
    assert describe(figure) != before


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 30, 60, 7, 0], "starts at 0, peaks between 30 and 60, ends at 0"),
        ([0, 30, 0], "starts at 0, peaks between 30 and 60, ends at 0"),
        ([0, 29, 0], "starts at 0, peaks at 29, which is not between 30 and 60, ends at 0"),
        ([0, 61, 0], "starts at 0, peaks at 61, which is not between 30 and 60, ends at 0"),
        ([0, 40, 3], "starts at 0, peaks between 30 and 60, ends at 3"),
        ([2, 40, 0], "starts at 2, peaks between 30 and 60, ends at 0"),
    ],
)
def test_a_timed_plot_says_start_peak_and_end(values: list[float], words: str) -> None:
    text = describe(staircase(*values), plots.peaks(30, 60))
    assert text.splitlines()[-1] == f"detection_queue: {words}"


def test_a_timed_plot_says_the_peak_after_each_mark() -> None:
    marks = (Mark(1.5, "burst"), Mark(3.5, "stop"), Mark(4.5, "end"))
    words = plots.peaks_after({"burst": (30, 60), "stop": (5, 5), "end": (9, 9)})
    text = describe(staircase(0, 40, 7, 5, 0, marks=marks), words)
    assert "starts at 0; after burst between 30 and 60; after stop at 7, which is not" in text
    assert "after end at 5, which is not between 9 and 9; ends at 0" in text


def test_a_mark_that_is_not_in_the_plot_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no mark is named \['stop'\]"):
        describe(staircase(0, 1), plots.peaks_after({"stop": (0, 1)}))


def test_a_timed_plot_names_its_marks_without_their_times() -> None:
    marks = (Mark(1.234, "burst ends"), Mark(2.5, "second detector"))
    text = describe(staircase(0, 40, 0, marks=marks), plots.peaks(30, 60))
    assert text.endswith("\nmarked: burst ends, second detector")


def test_round_trips_are_said_by_their_limit() -> None:
    figure = plots.round_trips([0.2, 0.3, 49.9], title="Three round trips")
    assert "round trip: 3 values, all under 50 ms" in describe(figure, plots.all_under(50, "ms"))
    assert "3 values, 1 of them not under 40 ms" in describe(figure, plots.all_under(40, "ms"))
    assert "3 values, all but at most 1 under 40 ms" in describe(
        figure, plots.all_under(40, "ms", but=1)
    )


def test_a_ttl_is_said_by_its_start_its_renewals_and_its_end() -> None:
    figure = plots.line(
        {"camera:1:status": [2.98, 1.9, 2.99, 2, 1], "gpu:metrics": [3.99, 3, 2, 1, 0]},
        title="TTL",
        x_label="seconds",
        y_label="seconds left",
    )
    assert describe(figure, plots.runs_down("s")).splitlines()[2:] == [
        "camera:1:status: starts at 3 s, set anew once, ends with time left",
        "gpu:metrics: starts at 4 s, never set anew, runs down to 0 s",
    ]


def test_deliveries_name_every_item_of_every_consumer() -> None:
    figure = plots.deliveries(
        {"queue": {"one": [1, 3], "two": [2]}, "channel": {"three": [1, 2, 3], "late": []}},
        title="Who gets what",
    )
    assert describe(figure) == (
        "Who gets what\nqueue\none: 1 3\ntwo: 2\nchannel\nthree: 1 2 3\nlate: nothing"
    )


def test_lines_and_bars_of_any_figure_are_said_too() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.bar(["a", "b"], [3, 4], label="items")
    axes.plot([1, 2], [7, 8])
    assert describe(figure) == "series 1: 7 8\nitems: 3 4"


def test_each_series_can_have_words_of_its_own() -> None:
    figure = plots.line(
        {"one": [0, 9, 0], "two": [1, 2, 3]}, title="", x_label="step", y_label="items"
    )
    text = describe(figure, {"one": plots.peaks(5, 10)})
    assert "one: starts at 0, peaks between 5 and 10, ends at 0\ntwo: 1 2 3" in text


@pytest.mark.parametrize(
    ("figure", "words", "message"),
    [
        (staircase(*range(100)), exact, "has 100 values, too many"),
        (staircase(1, 2), {"detections": exact}, r"words for \['detections'\]"),
        (Figure(), exact, "nothing is drawn"),
    ],
)
def test_words_that_do_not_fit_the_figure_are_refused(
    figure: Figure, words: Words, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        describe(figure, words)


# Showing


def test_the_words_stand_beside_the_picture_and_inside_it(shown: list[tuple[bytes, str]]) -> None:
    plots.show(staircase(0, 1, 0))
    ((picture, text),) = shown
    assert "detection_queue: 0 1 0" in text
    assert png_description(picture) == text


def test_the_words_are_the_alternative_text_of_a_picture_as_wide_as_the_column() -> None:
    text = '"detections" < 1 & queue → detector'
    png = output.png(staircase(0, 1), text)
    made = ElementTree.fromstring(output.picture(png, text))  # in an e-book, HTML is XML too
    assert made.attrib == {
        "alt": text,
        "width": "768",
        "height": "326",
        "src": f"data:image/png;base64,{base64.b64encode(png).decode()}",
    }


def test_a_script_prints_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    plots.show(staircase(0, 1, 0))
    assert capsys.readouterr().out.endswith("detection_queue: 0 1 0\n")


def test_words_beyond_latin_letters_survive_in_the_picture() -> None:
    assert png_description(output.png(staircase(1), "queue → detector")) == ("queue → detector")


def test_a_text_of_ones_own_replaces_the_words(shown: list[tuple[bytes, str]]) -> None:
    plots.show(staircase(0, 1, 0), text="In words of my own.")
    assert shown[0][1] == "In words of my own."


@pytest.mark.usefixtures("shown")
def test_a_figure_of_pyplot_is_closed_when_shown() -> None:
    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    plots.show(figure)
    assert not pyplot.fignum_exists(figure.number)


def test_the_same_figure_gives_the_same_picture() -> None:
    assert output.png(staircase(0, 1), "words") == output.png(staircase(0, 1), "words")


# Looks


def test_every_colour_stands_out_from_white() -> None:
    """At least 3 to 1, as the WCAG asks of graphics."""

    def luminance(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert all(1.05 / (luminance(colour) + 0.05) >= 3 for colour in figures.COLOURS)
    assert set(figures.COLOURS) <= set(matplotlib.color_sequences["okabe_ito"])


def test_series_differ_in_colour_marker_and_dash() -> None:
    figure = plots.line(
        {str(number): [1, 2] for number in range(5)}, title="", x_label="step", y_label="items"
    )
    lines = figure.axes[0].lines
    assert len({line.get_color() for line in lines}) == 5
    assert len({line.get_marker() for line in lines}) == 5
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 5


def test_a_length_is_drawn_as_steps_on_whole_numbers_from_zero() -> None:
    lengths = Lengths(None, [QUEUE], timed=False, timeout=1)  # type: ignore[arg-type]
    lengths[QUEUE][:], lengths.times[:] = [0, 1, 2], [0, 0.1, 0.2]
    axes = plots.queue_lengths(lengths, title="").axes[0]
    assert axes.lines[0].get_drawstyle() == "steps-post"
    assert all(tick == int(tick) for tick in [*axes.get_yticks(), *axes.get_xticks()])
    assert axes.get_ylim()[0] <= 0


def test_marks_close_together_have_labels_that_do_not_overlap() -> None:
    marks = (Mark(4.8, "producer ends"), Mark(4.9, "one detector ends"))
    figure = staircase(0, 1, 2, 1, 0, marks=marks)
    figure.draw_without_rendering()
    first, second = (text.get_window_extent() for text in figure.axes[0].texts)
    assert not first.overlaps(second)
    assert max(first.x1, second.x1) <= figure.bbox.x1


# Live


async def test_a_live_view_keeps_its_text_and_its_size(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[tuple[bytes, str]] = []
    drawn = asyncio.Event()

    def publish(png: bytes, text: str, handle: object) -> object:
        frames.append((png, text))
        if len(frames) == 3:
            drawn.set()
        return handle

    monkeypatch.setattr(live, "publish", publish)
    async with plots.watch(client, [QUEUE], live=True) as lengths:
        while not drawn.is_set():
            await push(client, 1)
        lengths.mark("burst ends")
    assert {text for _, text in frames} == {
        "Live view of detection_queue. Its numbers are others in every run."
    }
    assert len({png[16:24] for png, _ in frames}) == 1  # a PNG's width and height
    assert len({png for png, _ in frames}) > 1


async def test_the_last_frame_of_a_live_view_shows_the_last_sample(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[list[int]] = []
    first_drawn, body_ended, drawn_after = asyncio.Event(), asyncio.Event(), asyncio.Event()
    ask = client.get_queue_length

    def publish(png: bytes, text: str, handle: object) -> object:
        (drawn_after if body_ended.is_set() else first_drawn).set()
        return handle

    async def last_reply_is_late(queue: str) -> int:
        if body_ended.is_set():
            await drawn_after.wait()
        return await ask(queue)

    def frame(lengths: Lengths, text: str) -> bytes:
        frames.append(lengths[QUEUE])
        return draw(lengths, text)

    draw = live._frame
    monkeypatch.setattr(live, "publish", publish)
    monkeypatch.setattr(live, "_frame", frame)
    monkeypatch.setattr(client, "get_queue_length", last_reply_is_late)
    async with plots.watch(client, [QUEUE], live=True) as lengths:
        await first_drawn.wait()
        await push(client, 5)
        body_ended.set()
    assert frames[-1] == lengths[QUEUE]


NOTEBOOK = [
    """
import asyncio, os, uuid
from backend.core.redis import RedisClient
from course import plots
client = RedisClient(os.environ["REDIS_URL"], namespace=f"test:{uuid.uuid4().hex[:8]}:")
await client.connect()
""",
    """
async def burst():
    for number in range(60):
        await client.add_to_queue("detection_queue", {"number": number})
    await lengths.sample()
    lengths.mark("burst ends")

async def detector():
    for _ in range(60):
        await client.get_from_queue("detection_queue", timeout=5)
        await asyncio.sleep(0.004)

async with plots.watch(client, ["detection_queue"], live=True) as lengths:
    await asyncio.gather(burst(), detector())
""",
    """
plots.show(
    plots.queue_lengths(lengths, title="One detector drains a burst"),
    words=plots.peaks(30, 60),
)
""",
    """
await client.clear_queue("detection_queue")
await client.disconnect()
""",
]


@THOROUGH
@pytest.mark.timeout(120)  # three kernels, one after another
def test_a_live_view_and_its_figure_run_in_a_kernel_and_pass_strict_nbval_twice(
    redis_url: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "REDIS_URL": redis_url}
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, NOTEBOOK)])
    NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": tmp_path}},
    ).execute(env=environment)
    outputs = [cell.outputs for cell in notebook.cells]
    assert [[output.output_type for output in cell] for cell in outputs] == [
        [],
        ["display_data"],
        ["display_data"],
        [],
    ]
    assert outputs[2][0].data["text/plain"] == (
        "One detector drains a burst\n"
        "items waiting, by seconds\n"
        "detection_queue: starts at 0, peaks between 30 and 60, ends at 0\n"
        "marked: burst ends"
    )
    (pixels,) = PIXELS.findall(outputs[2][0].data["text/html"])
    assert png_description(base64.b64decode(pixels)) == outputs[2][0].data["text/plain"]
    nbformat.write(notebook, tmp_path / "first.ipynb")
    shutil.copy(tmp_path / "first.ipynb", tmp_path / "second.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    rules = Path(__file__).parents[1] / "notebooks/sanitize.cfg"
    nbval = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:valkey"]
    nbval += [f"--nbval-sanitize-with={rules}"]
    again = subprocess.run(
        nbval, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100
    )
    assert re.search(r"\b8 passed\b", again.stdout), again.stdout
