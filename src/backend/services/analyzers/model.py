"""Production's analyzer: asks a language model behind an OpenAI-compatible server.

In production that is llama.cpp serving Nemotron. Such servers differ: some refuse a parameter,
want a key, are busy for a moment, or wrap the answer in thoughts. When there is no good answer in
time, the assessment is 50, medium; the summary, the log and `fallbacks` say why.
"""

import asyncio
import ipaddress
import json
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, cast

import httpx

from backend.services.analyzer import Assessment, Batch

logger = logging.getLogger(__name__)

PROMPT = """You judge what home security cameras have seen.
Answer with JSON alone: {"risk_score": <whole number from 0 to 100>, "summary": "<one sentence>"}.
0 to 29 is low, 30 to 59 medium, 60 to 84 high, 85 to 100 critical."""

FALLBACK_SCORE = 50
LARGEST_ANSWER = 1_000_000  # bytes
LONGEST_TEXT = 100_000  # characters of it that are searched for the answer
LONGEST_SUMMARY = 500  # characters
BUSY, MOST_BUSY = {429, 503}, 5  # answers that ask to wait; so often it is waited
OPTIONAL = {"temperature": 0, "max_tokens": 1000, "response_format": {"type": "json_object"}}


class NoGoodAnswer(Exception):
    """The model gave no answer that can be used. The message says what came."""


class ModelAnalyzer:
    """Asks a language model over HTTP, by way of `POST …/v1/chat/completions`.

    Args:
        base_url: the server, as in `http://localhost:8091`, with `/v1` or without it.
        model: the name of the model, for servers that have several.
        timeout: seconds until the whole answer must be there, waits for a busy server included.
        api_key: sent as a bearer token, if the server wants one. White space around it, such as
            the end of the line of the file that it was read from, is no part of it.

    Raises:
        ValueError: the URL cannot be one of a server, or the key cannot be sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "nemotron",
        timeout: float = 30.0,
        api_key: str | None = None,
    ) -> None:
        self.url = _endpoint(base_url)
        self.fallbacks: Counter[str] = Counter()
        """How often there was no good answer, by reason."""
        self._model = model
        self._timeout = timeout
        self._headers = {"Accept-Encoding": "identity"}  # what is packed may be without end
        self._key = _checked_key(api_key or "")
        if self._key:
            self._headers["Authorization"] = f"Bearer {self._key}"

    async def assess(self, batch: Batch) -> Assessment:
        """Return the model's judgement; 50 and the reason, if there is no good answer in time."""
        try:
            # httpx's own timeout starts anew with each piece that comes: a deadline for all of it.
            async with asyncio.timeout(self._timeout):
                return await self._ask(batch)
        except TimeoutError:
            problem = f"no answer within {self._timeout:g} s"
        except NoGoodAnswer as error:
            problem = str(error)
        except httpx.InvalidURL:  # its text may quote a part of a password
            problem = "it cannot be reached (the URL of a proxy cannot be read)"
        except Exception as error:  # also a proxy that cannot be used, for one
            problem = f"it cannot be reached ({error or type(error).__name__})"
        for secret in filter(None, (self._key, self.url.password)):  # which a server may quote
            problem = problem.replace(secret, "…")
        self.fallbacks[problem.partition(":")[0]] += 1
        logger.warning("%s: not analysed by the model: %s", batch.camera_id, problem)
        summary = f"{batch.in_words()}. Not analysed by the model: {problem}."
        return Assessment(FALLBACK_SCORE, summary)

    async def _ask(self, batch: Batch) -> Assessment:
        request = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": PROMPT},
                {"role": "user", "content": _describe(batch)},
            ],
        }
        optional: dict[str, Any] = OPTIONAL
        busy, ends = 0, time.monotonic() + self._timeout
        async with httpx.AsyncClient(
            timeout=self._timeout,
            headers=self._headers,
            trust_env=not _is_loopback(self.url.host),  # to this machine, never by a proxy
        ) as client:
            while True:
                status, headers, body = await self._post(client, request | optional)
                if status == 400 and optional:
                    optional = {}  # perhaps it does not know one of them
                elif status in BUSY and busy < MOST_BUSY:
                    busy += 1
                    wait = _seconds(headers.get("Retry-After", ""))
                    if time.monotonic() + wait > ends:
                        break
                    await asyncio.sleep(wait)
                else:
                    break
        if status != 200:
            said = " ".join(body[:200].decode(errors="replace").split())
            raise NoGoodAnswer(f"it answered {status}: {said}" if said else f"it answered {status}")
        return _assessment(body)

    async def _post(
        self, client: httpx.AsyncClient, request: dict[str, Any]
    ) -> tuple[int, httpx.Headers, bytes]:
        body = b""
        async with client.stream("POST", self.url, json=request) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise NoGoodAnswer("its answer is packed, which was not asked for")
            async with aclosing(cast(AsyncGenerator[bytes, None], response.aiter_raw())) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > LARGEST_ANSWER:
                        raise NoGoodAnswer(f"its answer has more than {LARGEST_ANSWER:,} bytes")
        return response.status_code, response.headers, body


def _endpoint(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the analyzer's URL must be like http://localhost:8091")
    path = url.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/v1")
    return url.copy_with(path=f"{path}/v1/chat/completions")


def _checked_key(key: str) -> str:
    """Return the key as it can be sent; a message about it never shows it."""
    key = key.strip()
    if not re.fullmatch(r"[\x21-\x7e]*", key):
        raise ValueError("the analyzer's API key must be printable ASCII without spaces")
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _seconds(retry_after: str) -> float:
    """Return how long a busy server asks us to wait; a second, if it does not say."""
    return min(max(float(retry_after), 0.1), 3600.0) if retry_after.isdecimal() else 1.0


def _describe(batch: Batch) -> str:
    seen = [
        {"type": each.type, "confidence": each.confidence, "time": each.timestamp.isoformat()}
        for each in batch.detections
    ]
    return json.dumps({"camera": batch.camera_id, "detections": seen})


# ---- reading the answer ----------------------------------------------------------------


def _assessment(body: bytes) -> Assessment:
    """Return what the model said, wherever it stands in what it said."""
    try:
        choice = json.loads(body)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoGoodAnswer("its answer makes no sense: no choices[0].message.content") from None
    if isinstance(content, list):  # in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    found = None
    for candidate in _objects(str(content)[-LONGEST_TEXT:]):
        found = _read(candidate) or found  # models think first: the last one is meant
    if found:
        return found
    if isinstance(choice, dict) and choice.get("finish_reason") == "length":
        raise NoGoodAnswer("its answer was cut off: raise the limit of tokens")
    raise NoGoodAnswer("its answer makes no sense: no JSON with risk_score and summary")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand in a text, and those inside them."""
    decoder = json.JSONDecoder()
    place, failures, in_vain = text.find("{"), 0, 0
    # A text made of nothing but beginnings ends too, be they short or, since Python 3.14, deep.
    while place >= 0 and failures < 1000 and in_vain < 10 * LONGEST_TEXT:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            failures, end = failures + 1, place + 1
            in_vain += getattr(error, "pos", place) - place  # characters
        else:
            yield from _dicts(value)
        place = text.find("{", end)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the dicts in a JSON value, the inner ones first."""
    todo, found = [value], []
    while todo:
        match todo.pop():
            case dict() as each:
                found.append(each)
                todo.extend(each.values())
            case list() as each:
                todo.extend(each)
    yield from reversed(found)


def _read(candidate: dict[str, Any]) -> Assessment | None:
    match candidate:
        case {"risk_score": bool()}:
            return None
        case {"risk_score": int() | float() | str() as score, "summary": str() as summary}:
            try:
                number = float(score)
            except (ValueError, OverflowError):
                return None
            if number.is_integer() and 0 <= number <= 100 and (said := summary.strip()):
                return Assessment(int(number), said[:LONGEST_SUMMARY])
    return None
