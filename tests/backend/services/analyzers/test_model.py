"""A language model behind a real HTTP server that behaves well and badly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.backend.services.analyzers.batches import batch

from backend.services.analyzer import Assessment, risk_level
from backend.services.analyzers.model import ModelAnalyzer

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
