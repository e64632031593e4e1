"""The reliable queue against a model of it: made-up sequences of calls, on a real server.

After every call, Redis has to hold exactly what the model holds, in the same order. Items may be
equal to each other, consumers may die and come back, and answers may come too late.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
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
from backend.core.reliable_queue import Job, ReliableQueue
from course import lab
from course.server import PrivateServer

QUEUE = "q"
MAX_ATTEMPTS = 3
CONSUMERS = ("left", "right")
consumers = st.sampled_from(CONSUMERS)


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
        self.retrying: list[int] = []
        self.due: list[int] = []
        self.dead: list[int] = []
        self.attempts: Counter[int] = Counter()
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

    @rule(item=st.integers(0, 3))
    def add(self, item: int) -> None:
        self.await_(self.client.add_to_queue(QUEUE, item))
        self.waiting.append(item)
        self.added += 1

    @rule(name=consumers)
    def take(self, name: str) -> None:
        this = self.consumers[name]
        job = self.await_(this.queue.take(0.001))
        self.await_(asyncio.sleep(0.002))  # the server's clock shows another millisecond
        this.has_lease = True
        if this.holds:
            assert job == this.holds, "asked again, the answer is the same"
            return
        self.waiting, self.due = self.due + self.waiting, []
        while self.waiting:
            self.clock += 1
            this.reserved = self.clock
            item = self.waiting.pop(0)
            attempt = self.attempts[item] + 1
            if attempt <= MAX_ATTEMPTS:
                assert (job.data, job.attempt) == (item, attempt)
                this.holds = this.before = job
                return
            self.give_up(item)
        assert job is None

    @rule(name=consumers)
    @precondition(lambda self: any(each.holds for each in self.consumers.values()))
    def acknowledge(self, name: str) -> None:
        this = self.consumers[name]
        if this.holds:
            assert self.await_(this.queue.acknowledge(this.holds))
            self.attempts.pop(this.holds.data, None)
            self.done += 1
            this.holds = None

    @rule(name=consumers)
    def acknowledge_what_is_no_longer_its_own(self, name: str) -> None:
        this = self.consumers[name]
        if this.before and not this.holds:
            self.await_(this.queue.acknowledge(this.before))

    @rule(name=consumers)
    def fail(self, name: str) -> None:
        this = self.consumers[name]
        if this.holds:
            item, attempt = this.holds.data, this.holds.attempt
            self.await_(this.queue.fail(this.holds, "no"))
            if attempt >= MAX_ATTEMPTS:
                self.give_up(item)
            else:
                self.attempts[item] += 1
                self.retrying.append(item)
            this.holds = None

    @rule(name=consumers)
    def give_back(self, name: str) -> None:
        this = self.consumers[name]
        if this.holds:
            self.await_(this.queue.give_back(this.holds))
            self.waiting.insert(0, this.holds.data)
            this.holds = None

    @rule()
    def the_retries_fall_due(self) -> None:
        async def make_due() -> list[int]:
            members = await self.client.call("ZRANGE", f"{QUEUE}:retry", 0, -1)
            for score, member in enumerate(members):
                await self.client.call("ZADD", f"{QUEUE}:retry", score, member)
            return [int(member.split(b"|")[1]) for member in members]

        self.due, self.retrying = self.await_(make_due()), []

    @rule(name=consumers)
    def the_lease_runs_out(self, name: str) -> None:
        self.await_(self.client.delete(f"{QUEUE}:lease:{name}"))
        self.consumers[name].has_lease = False

    @rule(name=consumers)
    def return_lost(self, name: str) -> None:
        lost = [each for each in self.consumers.values() if each.holds and not each.has_lease]
        for each in sorted(lost, key=lambda each: each.reserved, reverse=True):
            self.put_back(each)
        assert self.await_(self.consumers[name].queue.return_lost()) == len(lost)

    @rule(name=consumers)
    def restart(self, name: str) -> None:
        this = self.consumers[name]
        if this.holds:
            self.put_back(this)
        self.consumers[name] = Consumer(self.open(name))

    @rule()
    def requeue_the_dead_letters(self) -> None:
        assert self.await_(DeadLetters(self.client, QUEUE).requeue_all()) == len(self.dead)
        self.waiting, self.dead = self.waiting + self.dead, []

    def put_back(self, consumer: Consumer) -> None:
        assert consumer.holds
        self.waiting.insert(0, consumer.holds.data)
        self.attempts[consumer.holds.data] += 1
        consumer.holds = None

    def give_up(self, item: int) -> None:
        self.dead.append(item)
        self.attempts.pop(item, None)

    # ---- what holds after each of it ----

    @invariant()
    def redis_holds_what_the_model_holds(self) -> None:
        stored = self.await_(lab.contents(self.client, QUEUE))
        hands = [each.holds.data for each in self.consumers.values() if each.holds]
        assert stored["waiting"] == [str(item) for item in self.waiting]
        assert sorted(stored["in_hand"]) == sorted(map(str, hands))
        assert sorted(stored["retrying"]) == sorted(map(str, self.retrying + self.due))
        assert stored["dead_lettered"] == [str(item) for item in self.dead]

    @invariant()
    def no_item_is_lost_or_made(self) -> None:
        hands = sum(1 for each in self.consumers.values() if each.holds)
        stored = len(self.waiting) + hands + len(self.retrying) + len(self.due) + len(self.dead)
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
    full = request.config.getoption("--full-size")
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=200 if full else 25,
            stateful_step_count=50 if full else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
