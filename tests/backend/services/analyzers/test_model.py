"""A language model behind a real HTTP server that behaves well and badly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.backend.services.analyzers.batches import batch
from tests.support import until

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
        model_says(f'{{"risk_score": 1{400 * "0"}, "summary": "x"}}'),
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
    assert found.summary.startswith(
        "Person at front_door. Not analysed by the model: its answer makes no sense: no "
    )


async def test_an_error_of_the_server_is_50_and_says_which():
    async with http_server(saying("overloaded", "503 Service Unavailable")) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found.risk_score == 50
    assert "it answered 503" in found.summary


# ---- servers as they are ----


@pytest.mark.parametrize(
    "content",
    [
        GOOD + "\nI hope that helps {smile}.",
        'Here: {"answer": {"risk_score": 72, "summary": "Somebody tries the door."}}',
        '[{"risk_score": 72, "summary": "Somebody tries the door."}]',
        '{"risk_score": 72, "summary": "Somebody tries the door.", "why": {"time": "night"}}',
        '{"risk_score": "72", "summary": "Somebody tries the door."}',
        '{"risk_score": 72.0, "summary": " Somebody tries the door. "}',
        f'{{"risk_score": 1, "summary": "A first thought."}} No: {GOOD}',
    ],
)
async def test_a_good_answer_is_found_whatever_stands_around_it(content):
    async with http_server(model_says(content)) as url:
        assert await ModelAnalyzer(url).assess(batch("person")) == Assessment(
            72, "Somebody tries the door."
        )


async def test_braces_in_the_summary_are_part_of_it():
    async with http_server(model_says('{"risk_score": 90, "summary": "A {person} at }{"}')) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert found == Assessment(90, "A {person} at }{")


async def test_an_answer_in_parts_is_put_together():
    parts = [{"type": "text", "text": GOOD[:20]}, {"type": "text", "text": GOOD[20:]}]
    answer = saying(json.dumps({"choices": [{"message": {"content": parts}}]}))
    async with http_server(answer) as url:
        assert (await ModelAnalyzer(url).assess(batch("person"))).risk_score == 72


async def test_an_answer_that_was_cut_off_says_so():
    choice = {"message": {"content": GOOD[:30]}, "finish_reason": "length"}
    async with http_server(saying(json.dumps({"choices": [choice]}))) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert "cut off" in found.summary


@pytest.mark.parametrize(
    "content",
    ["{}" + " " * 200_000 + "x", "{" * 200_000, "[" * 200_000, '{"a":' * 100_000, '"' * 200_000],
    ids=["spaces", "braces", "brackets", "deep", "quotes"],
)
async def test_no_answer_takes_long_to_read(content):
    started = time.monotonic()
    async with http_server(model_says(content)) as url:
        assert (await ModelAnalyzer(url).assess(batch("person"))).risk_score == 50
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_url_may_end_in_v1_or_not(ending):
    assert str(ModelAnalyzer(f"http://model:8091{ending}").url) == (
        "http://model:8091/v1/chat/completions"
    )


@pytest.mark.parametrize("url", ["", "model:8091", "ftp://model", "http://", "http://[::1", "x y"])
def test_what_is_no_url_of_a_server_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="must be like http://localhost:8091"):
        ModelAnalyzer(url)


async def test_a_key_read_with_the_end_of_its_line_is_sent_without_it():
    asked = []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n")

    async with http_server(answer) as url:
        await ModelAnalyzer(url, api_key=" sk-secret\r\n").assess(batch("person"))
    assert b"authorization: bearer sk-secret\r\n" in asked[0].lower()


@pytest.mark.parametrize("key", ["sk-se\ncret", "sk-secret\x00", "sk-secr\xe9t", "sk secret"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key):
    with pytest.raises(ValueError, match="printable ASCII") as raised:
        ModelAnalyzer("http://model:8091", api_key=key)
    assert "sk" not in str(raised.value)


async def test_a_key_or_password_that_a_server_quotes_is_not_passed_on(caplog):
    refuses = saying("no such key: sk-secret, hush", "401 No")
    async with http_server(refuses) as url:
        analyzer = ModelAnalyzer(url.replace("//", "//user:hush@"), api_key="sk-secret")
        found = await analyzer.assess(batch("person"))
    for shown in (found.summary, caplog.text, str(analyzer.fallbacks)):
        assert "it answered 401" in shown
        assert "secret" not in shown
        assert "hush" not in shown


async def test_a_proxy_whose_password_splits_its_url_is_not_quoted(monkeypatch, caplog):
    monkeypatch.setenv("http_proxy", "http://user:hush/4711@proxy:3128")
    found = await ModelAnalyzer("http://model.example", timeout=2).assess(batch("person"))
    assert "the URL of a proxy cannot be read" in found.summary
    assert "hush" not in found.summary + caplog.text


def in_turn(*answers: Answer) -> Answer:
    """One answer to each request, the last one to all that follow."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(reader, writer)

    return answer


async def test_a_server_that_refuses_a_parameter_is_asked_without_the_optional_ones():
    refuses = saying('{"error": "response_format is not supported"}', "400 Bad Request")
    async with http_server(in_turn(refuses, model_says(GOOD))) as url:
        assert (await ModelAnalyzer(url).assess(batch("person"))).risk_score == 72


async def test_a_server_that_refuses_all_the_same_is_quoted():
    async with http_server(saying("no such model", "400 Bad Request")) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert "it answered 400: no such model" in found.summary


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_server_that_is_busy_for_a_moment_is_asked_again(status):
    async with http_server(in_turn(saying("loading", status), model_says(GOOD))) as url:
        assert (await ModelAnalyzer(url).assess(batch("person"))).risk_score == 72


async def test_a_body_without_end_is_cut_off():
    async def answer(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b" " * 100_000)
            await writer.drain()

    before = asyncio.all_tasks()
    async with http_server(answer) as url:
        found = await ModelAnalyzer(url).assess(batch("person"))
    assert "more than 1,000,000 bytes" in found.summary
    await until(lambda: asyncio.all_tasks() == before)  # httpx closes what it read from by itself


async def test_this_machine_is_never_asked_by_way_of_a_proxy(monkeypatch):
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "socks5h://127.0.0.1:9")
    async with http_server(model_says(GOOD)) as url:
        assert (await ModelAnalyzer(url).assess(batch("person"))).risk_score == 72


async def test_a_proxy_that_cannot_be_used_is_a_fallback_and_no_error(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:9")
    found = await ModelAnalyzer("http://model.example", timeout=2).assess(batch("person"))
    assert found.risk_score == 50


async def test_why_there_was_no_good_answer_is_counted_and_logged(caplog):
    async with http_server(saying("<html>")) as url:
        analyzer = ModelAnalyzer(url)
        await analyzer.assess(batch("person"))
    assert analyzer.fallbacks == {"its answer makes no sense": 1}
    assert "front_door: not analysed by the model: its answer makes no sense" in caplog.text


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
