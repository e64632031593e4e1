"""Cost: what is compared runs side by side, in short slices whose order is drawn in each round.

What counts is CPU time, and not the time that passes: another program that wants the processor
makes a call late, and costs it little.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

SLICE = 0.03  # seconds of CPU time that a variant runs in each round

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Variant:
    """One way to do something."""

    call: Step
    """Does it once."""
    items: int = 1
    """How many items one call handles: costs are told for one item."""
    before: Step | None = None
    """Prepares a slice; it is not measured."""
    most: int = 1_000_000
    """Calls in one slice at the most: as many as `before` has prepared for."""


@dataclass(frozen=True)
class Cost:
    """What one item took in one slice, in seconds."""

    passed: float
    """Time that went by."""
    ours: float
    """CPU time of this process."""
    servers: float
    """CPU time of the server; 0 if nobody asked for it."""


@dataclass(frozen=True)
class Ratio:
    """One cost by another: the median of all rounds, and where the middle half of them lies."""

    median: float
    low: float
    high: float


async def side_by_side(
    variants: dict[str, Variant],
    rounds: int,
    *,
    server_cpu: Callable[[], Awaitable[float]] | None = None,
) -> dict[str, list[Cost]]:
    """Run one slice of every variant in each round, in an order drawn anew.

    Args:
        variants: what is compared, by name.
        rounds: how many rounds count. One more goes before them: nothing is warm in it.
        server_cpu: tells the seconds of CPU time that the server has used so far.

    Returns:
        The costs of each variant, one for each round.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in variants}
    for _ in range(rounds + 1):
        for name in random.sample(list(variants), len(variants)):
            costs[name].append(await _slice(variants[name], server_cpu))
    return {name: of_all[1:] for name, of_all in costs.items()}


async def _slice(variant: Variant, server_cpu: Callable[[], Awaitable[float]] | None) -> Cost:
    if variant.before:
        await variant.before()
    servers = await server_cpu() if server_cpu else 0.0
    calls, began, ours = 0, time.perf_counter(), time.process_time()
    ends = ours + SLICE
    while calls == 0 or (calls < variant.most and time.process_time() < ends):
        await variant.call()
        calls += 1
    passed, ours = time.perf_counter() - began, time.process_time() - ours
    servers = await server_cpu() - servers if server_cpu else 0.0
    items = calls * variant.items
    return Cost(passed / items, ours / items, servers / items)


def ratio(of: Sequence[float], to: Sequence[float]) -> Ratio:
    """Return how the costs `of` one variant stand `to` those of another, in the same rounds."""
    each = sorted(one / other for one, other in zip(of, to, strict=True))
    if len(each) == 1:
        return Ratio(each[0], each[0], each[0])
    low, median, high = statistics.quantiles(each, n=4, method="inclusive")
    return Ratio(median, low, high)
