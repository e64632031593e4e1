"""The analyzers, a model behind a real HTTP server that behaves well and badly, and the worker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from tests.support import until

from backend.services.analyzer import (
    AnalysisWorker,
    Assessment,
    Batch,
    ModelAnalyzer,
    RuleAnalyzer,
    Seen,
    risk_level,
)
from backend.services.batch_aggregator import ANALYSIS_QUEUE
from backend.services.event_broadcaster import recent_events

NOON = datetime.fromisoformat("2026-01-15T12:00:00+00:00")


def batch(*types: str, at: datetime = NOON, every: float = 1.0, confidence: float = 0.9) -> Batch:
    seen = [
        Seen(kind, confidence, at + timedelta(seconds=every * number))
        for number, kind in enumerate(types)
    ]
    return Batch("ab12", "front_door", tuple(seen))


# ---- levels and rules ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0, "low"),
        (29, "low"),
        (30, "medium"),
        (59, "medium"),
        (60, "high"),
        (84, "high"),
        (85, "critical"),
        (100, "critical"),
    ],
)
def test_a_score_has_a_level(score, level):
    assert risk_level(score) == level


async def score(*types: str, **options) -> int:
    return (await RuleAnalyzer().assess(batch(*types, **options))).risk_score


async def test_a_cat_is_a_low_risk_and_a_person_a_higher_one():
    assert await score("cat") < 30 <= await score("person")


async def test_a_person_at_night_is_a_higher_risk():
    assert await score("person", at=NOON.replace(hour=2)) >= 60 > await score("person")


async def test_who_stays_for_a_minute_is_a_higher_risk():
    assert await score("person", "person", every=60) > await score("person", "person", every=59)


async def test_the_less_sure_the_lower_the_risk():
    assert await score("person", confidence=0.5) < await score("person", confidence=0.9)


async def test_the_summary_says_what_where_and_why():
    night = batch("person", "cat", "person", at=NOON.replace(hour=23), every=40)
    summary = (await RuleAnalyzer().assess(night)).summary
    assert summary == "Person (2 times), cat at front_door, at night, for 80 s."


async def test_what_no_rule_knows_is_a_medium_risk():
    assert 15 <= await score("bear") <= 59


# ---- a model behind HTTP ---------------------------------------------------------------

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def http_server(answer: Answer) -> AsyncIterator[str]:
    """A server on a free port that reads one request and then does what `answer` does."""
    requests: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in requests:
            task.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


def saying(body: str, status: str = "200 OK") -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        content = body.encode()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()

    return answer


def model_says(content: str) -> Answer:
    return saying(json.dumps({"choices": [{"message": {"content": content}}]}))


GOOD = '{"risk_score": 72, "summary": "Somebody tries the door."}'


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f'<think>A {{person}}, at noon. Perhaps {{"risk_score": 5}}?</think>\n{GOOD}',
    ],
)
async def test_a_good_answer_is_taken(content):
    async with http_server(model_says(content)) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found == Assessment(72, "Somebody tries the door.")


async def test_the_model_is_asked_in_the_way_of_openai():
    asked = {}

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
        asked["head"], asked["body"] = head, json.loads(await reader.readexactly(length))
        content = json.dumps({"choices": [{"message": {"content": GOOD}}]})
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode())

    async with http_server(answer) as url:
        await ModelAnalyzer(url + "/", model="nemo", api_key="s3cret").assess(batch("person"))
    assert asked["head"].startswith("POST /v1/chat/completions HTTP/1.1")
    assert "authorization: bearer s3cret" in asked["head"].lower()
    assert asked["body"]["model"] == "nemo"
    assert [message["role"] for message in asked["body"]["messages"]] == ["system", "user"]
    assert json.loads(asked["body"]["messages"][1]["content"])["camera"] == "front_door"


@pytest.mark.parametrize(
    "answer",
    [
        model_says("I think that it is fine."),
        model_says('{"risk_score": 101, "summary": "x"}'),
        model_says('{"risk_score": "high", "summary": "x"}'),
        model_says('{"risk_score": 10}'),
        model_says('{"risk_score": 10, "summary": ""}'),
        saying("<html>"),
        saying("[]"),
        saying('{"choices": []}'),
        saying('{"choices": [{"message": null}]}'),
    ],
)
async def test_an_answer_that_makes_no_sense_is_50_and_medium(answer):
    async with http_server(answer) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found.risk_score == 50
    assert risk_level(found.risk_score) == "medium"
    assert found.summary == (
        "Person at front_door. Not analyzed by the model: its answer makes no sense."
    )


async def test_an_error_of_the_server_is_50_and_says_which():
    async with http_server(saying("overloaded", "503 Service Unavailable")) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found.risk_score == 50
    assert "it answered 503" in found.summary


async def test_a_server_that_hangs_is_50_after_the_timeout():
    async def answer(reader, writer):
        await asyncio.sleep(30)

    await falls_back_in_time(answer)


async def test_a_server_that_drips_is_50_after_the_timeout():
    async def answer(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:  # each piece comes in time; all of them never do
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    await falls_back_in_time(answer)


async def falls_back_in_time(answer: Answer) -> None:
    async with http_server(answer) as url:
        started = time.monotonic()
        found = await ModelAnalyzer(url, timeout=0.3).assess(batch("person"))
    assert time.monotonic() - started < 5
    assert found.risk_score == 50
    assert "no answer within 0.3 s" in found.summary


async def test_a_server_that_is_not_there_is_50():
    async with http_server(saying("")) as url:
        pass
    found = await ModelAnalyzer(url).assess(batch("person"))
    assert found.risk_score == 50
    assert "it cannot be reached" in found.summary


async def test_a_server_that_hangs_up_is_50():
    async def answer(reader, writer):
        writer.close()

    async with http_server(answer) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found.risk_score == 50


# ---- the worker ------------------------------------------------------------------------


class Counting:
    """An analyzer that counts how often it is asked."""

    asked = 0

    async def assess(self, batch: Batch) -> Assessment:
        self.asked += 1
        return Assessment(62, batch.in_words())


async def add_batch(client, batch_id: str = "ab12") -> dict:
    for number in (2, 1):
        record = {
            "id": f"d{number}",
            "camera_id": "garden",
            "type": "person",
            "confidence": 0.8,
            "timestamp": f"2026-01-15T10:30:0{number}+00:00",
        }
        await client.set(f"detection:d{number}", record)
    job = {
        "batch_id": batch_id,
        "camera_id": "garden",
        "detection_ids": ["d2", "d1"],
        "timestamp": 1_763_800_000.5,
    }
    await client.add_to_queue(ANALYSIS_QUEUE, job)
    return job


async def test_a_batch_becomes_an_event_with_production_s_fields(client):
    await add_batch(client)
    async with AnalysisWorker(client, Counting()):
        await until(lambda: recent_events(client))
    assert await recent_events(client) == [
        {
            "id": 1,
            "event_id": 1,
            "batch_id": "ab12",
            "camera_id": "garden",
            "risk_score": 62,
            "risk_level": "high",
            "summary": "Person (2 times) at garden",
            "started_at": "2026-01-15T10:30:01+00:00",
        }
    ]


async def test_a_batch_that_is_done_twice_asks_the_model_once_and_makes_one_event(client):
    job = await add_batch(client)
    analyzer = Counting()
    worker = AnalysisWorker(client, analyzer)
    assert [await worker.handle(job) for _ in range(2)] == [1, 1]
    assert analyzer.asked == 1
    assert len(await recent_events(client)) == 1


async def test_two_workers_share_the_batches(client):
    for number in range(20):
        await add_batch(client, f"{number:04x}")
    async with AnalysisWorker(client, Counting()), AnalysisWorker(client, Counting()):

        async def all_done() -> bool:
            return len(await recent_events(client)) >= 20

        await until(all_done, within=20)
    events = await recent_events(client)
    assert sorted(event["batch_id"] for event in events) == [f"{n:04x}" for n in range(20)]


async def test_a_batch_whose_detections_are_forgotten_is_an_error(client):
    job = await add_batch(client)
    await client.delete("detection:d1", "detection:d2")
    with pytest.raises(LookupError, match="forgotten"):
        await AnalysisWorker(client, Counting()).handle(job)


async def test_a_batch_of_which_something_is_forgotten_is_judged_by_the_rest(client):
    job = await add_batch(client)
    await client.delete("detection:d1")
    await AnalysisWorker(client, Counting()).handle(job)
    (event,) = await recent_events(client)
    assert event["summary"] == "Person at garden"
