"""The reliable queue against a model of it: made-up sequences of calls, on a real server.

After every call, Redis has to hold exactly what the model holds, in the same order. Items may be
equal to each other, consumers may die and come back, and answers may come too late.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.core.dead_letters import DeadLetters
from backend.core.redis import RedisClient
from backend.core.reliable_queue import Job, ReliableQueue, contents
from private_redis import PrivateServer

QUEUE = "q"
MAX_ATTEMPTS = 3
CONSUMERS = ("left", "middle", "right")
LONG_AGO = 1000  # a place behind those whose wait was made to end, which stand at 0, 1, 2, …


@dataclass
class Consumer:
    """What the model knows of a consumer."""

    queue: ReliableQueue
    holds: Job | None = None
    before: Job | None = None
    """What it had in hand the last time."""
    has_lease: bool = True
    reserved: int = 0
    """When it has reserved last: the larger, the later."""


@dataclass
class Returned:
    """An item that was handed out before, and waits to be so again."""

    item: int
    attempts: int
    token: str
    due: float | None
    """Its place among those that are due; None if its wait is not over."""


def place(returned: Returned) -> float:
    assert returned.due is not None
    return returned.due


def any_of(which: Callable[[Consumer], object]) -> Any:
    """A rule for one of the consumers of which this is true; not tried when there is none."""

    def names(machine: Model) -> list[str]:
        return [name for name, each in machine.consumers.items() if which(each)]

    def decorate(method: Callable[[Model, str], None]) -> Any:
        chosen = st.runner().flatmap(lambda machine: st.sampled_from(names(machine)))
        return rule(name=chosen)(precondition(names)(method))

    return decorate


class Model(RuleBasedStateMachine):
    """Where every item should be."""

    server: PrivateServer

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.client = RedisClient(self.server.url)
        self.await_(self.client.connect())
        self.await_(self.client.call("FLUSHALL"))  # nobody else's server
        self.waiting: list[int] = []
        self.returned: list[Returned] = []
        self.dead: list[int] = []
        self.added = self.done = self.clock = 0
        self.consumers = {name: Consumer(self.open(name)) for name in CONSUMERS}

    def await_(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def open(self, name: str) -> ReliableQueue:
        """A queue whose heart stands still: leases end when the model says so."""

        async def enter() -> ReliableQueue:
            queue = ReliableQueue(
                self.client,
                QUEUE,
                consumer=name,
                lease=1000,
                max_attempts=MAX_ATTEMPTS,
                backoff_base=1000,
                backoff_cap=1000,
            )
            await queue.__aenter__()
            assert queue._heart
            queue._heart.cancel()
            await asyncio.gather(queue._heart, return_exceptions=True)
            await self.client.call("SET", f"{QUEUE}:lease:{name}", "", "EX", 1000)
            return queue

        return self.await_(enter())

    def teardown(self) -> None:
        self.await_(self.client.disconnect())
        self.runner.close()

    # ---- what can happen ----

    @rule(items=st.lists(st.integers(0, 3), min_size=1, max_size=3))
    @precondition(lambda self: len(self.waiting) < 5)
    def add(self, items: list[int]) -> None:
        for item in items:
            self.await_(self.client.add_to_queue(QUEUE, item))
        self.waiting += items
        self.added += len(items)

    @any_of(lambda each: True)
    def take(self, name: str) -> None:
        this = self.consumers[name]
        if not (this.holds or self.waiting or self.due()):
            return
        job = self.await_(this.queue.take(0.001))
        if this.holds:  # asked again, the answer is the same, and so is the time of reservation
            assert job == this.holds
            return
        this.reserved = self.tick()
        while found := self.next():
            item, attempt = found
            if attempt <= MAX_ATTEMPTS:
                assert (job.data, job.attempt) == (item, attempt)
                this.holds = this.before = job
                return
            self.dead.append(item)
        assert job is None

    def due(self) -> list[Returned]:
        """What is due for another try, the first in first."""
        return sorted((each for each in self.returned if each.due is not None), key=place)

    def next(self) -> tuple[int, int] | None:
        """The item that is handed out next, and which attempt that is; it no longer waits."""
        if due := self.due():
            self.returned.remove(due[0])
            return due[0].item, due[0].attempts + 1
        return (self.waiting.pop(0), 1) if self.waiting else None

    def tick(self) -> int:
        """Go on to another millisecond, on the server's clock too."""
        self.await_(asyncio.sleep(0.002))
        self.clock += 1
        return self.clock

    @any_of(lambda each: each.holds)
    def acknowledge(self, name: str) -> None:
        this = self.consumers[name]
        assert self.await_(this.queue.acknowledge(this.holds))
        self.done += 1
        this.holds = None

    @any_of(lambda each: each.before and each.before != each.holds)
    def end_the_work_on_what_is_no_longer_its_own(self, name: str) -> None:
        this = self.consumers[name]
        self.await_(this.queue.fail(this.before, "no"))
        self.await_(this.queue.give_back(this.before))
        if late := [each for each in self.due() if each.token == this.before.token]:
            assert self.await_(this.queue.acknowledge(this.before))  # it is handled all the same
            self.returned.remove(late[0])
            self.done += 1
        else:
            self.await_(this.queue.acknowledge(this.before))

    @any_of(lambda each: each.holds)
    def fail(self, name: str) -> None:
        this = self.consumers[name]
        job = this.holds
        self.await_(this.queue.fail(job, "no"))
        if job.attempt >= MAX_ATTEMPTS:
            self.dead.append(job.data)
        else:
            self.returned.append(Returned(job.data, job.attempt, job.token, due=None))
        this.holds = None

    @any_of(lambda each: each.holds)
    def give_back(self, name: str) -> None:
        this = self.consumers[name]
        job = this.holds
        self.await_(this.queue.give_back(job))
        if job.attempt == 1:
            self.waiting.insert(0, job.data)
        else:
            now = LONG_AGO + self.tick()
            self.returned.append(Returned(job.data, job.attempt - 1, job.token, due=now))
        this.holds = None

    @rule()
    @precondition(lambda self: self.returned)
    def the_retries_fall_due(self) -> None:
        async def make_due() -> list[str]:
            members = await self.client.call("ZRANGE", f"{QUEUE}:retry", 0, -1)
            for score, member in enumerate(members):
                await self.client.call("ZADD", f"{QUEUE}:retry", score, member)
            return [json.loads(member.partition(b"}")[0] + b"}")["token"] for member in members]

        order = self.await_(make_due())
        for each in self.returned:
            each.due = order.index(each.token)

    @any_of(lambda each: each.holds and each.has_lease)
    def the_lease_runs_out(self, name: str) -> None:
        self.await_(self.client.delete(f"{QUEUE}:lease:{name}"))
        self.consumers[name].has_lease = False

    @rule(name=st.sampled_from(CONSUMERS))
    @precondition(lambda self: any(not each.has_lease for each in self.consumers.values()))
    def return_lost(self, name: str) -> None:
        lost = [each for each in self.consumers.values() if each.holds and not each.has_lease]
        for each in lost:
            self.put_back(each, due=LONG_AGO + each.reserved)
        assert self.await_(self.consumers[name].queue.return_lost()) == len(lost)

    @any_of(lambda each: each.holds)
    def restart(self, name: str) -> None:
        self.put_back(self.consumers[name], due=LONG_AGO + self.tick())
        self.consumers[name] = Consumer(self.open(name))

    @rule()
    @precondition(lambda self: self.dead)
    def requeue_the_dead_letters(self) -> None:
        assert self.await_(DeadLetters(self.client, QUEUE).requeue_all()) == len(self.dead)
        self.waiting, self.dead = self.waiting + self.dead, []

    def put_back(self, consumer: Consumer, *, due: float) -> None:
        job = consumer.holds
        assert job
        self.returned.append(Returned(job.data, job.attempt, job.token, due))
        consumer.holds = None

    # ---- what holds after each of it ----

    @invariant()
    def redis_holds_what_the_model_holds(self) -> None:
        stored = self.await_(contents(self.client, QUEUE))
        hands = [each.holds.data for each in self.consumers.values() if each.holds]
        assert stored["waiting"] == self.waiting
        assert sorted(stored["in_hand"]) == sorted(hands)
        assert sorted(stored["retrying"]) == sorted(each.item for each in self.returned)
        assert stored["dead_lettered"] == self.dead

    @invariant()
    def no_item_is_lost_or_made(self) -> None:
        hands = sum(1 for each in self.consumers.values() if each.holds)
        stored = len(self.waiting) + hands + len(self.returned) + len(self.dead)
        assert self.added == self.done + stored


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    with PrivateServer() as private:
        yield private


@pytest.mark.timeout(300)
def test_any_sequence_of_calls_does_what_the_model_does(
    server: PrivateServer, request: pytest.FixtureRequest
) -> None:
    Model.server = server
    full = request.config.getoption("--thorough")
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=500 if full else 40,
            stateful_step_count=50,
            phases=[Phase.generate],  # to make a failing sequence shorter takes minutes
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
