"""Production's analyzer: asks a language model behind an OpenAI-compatible server.

In production that is llama.cpp serving Nemotron. It falls back to 50, medium when it gets no good
answer.
"""

import asyncio
import json
import re

import httpx
from pydantic import BaseModel, ConfigDict, Field

from backend.services.analyzer import Assessment, Batch


class Reply(BaseModel):
    """What the model has to answer, in JSON. Nothing else is taken."""

    model_config = ConfigDict(strict=True)

    risk_score: int = Field(ge=0, le=100)
    summary: str = Field(min_length=1, max_length=500)


PROMPT = """You judge what home security cameras have seen.
Answer with JSON alone: {"risk_score": <whole number from 0 to 100>, "summary": "<one sentence>"}.
0 to 29 is low, 30 to 59 medium, 60 to 84 high, 85 to 100 critical."""

FALLBACK_SCORE = 50


class ModelAnalyzer:
    """Asks a language model over HTTP, by way of `POST <base_url>/v1/chat/completions`.

    Args:
        base_url: the server, as in `http://localhost:8091`.
        model: the name of the model, for servers that have several.
        timeout: seconds until the whole answer must be there.
        api_key: sent as a bearer token, if the server wants one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "nemotron",
        timeout: float = 30.0,
        api_key: str | None = None,
    ) -> None:
        self.url = f"{base_url.rstrip('/')}/v1/chat/completions"
        self._model = model
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    async def assess(self, batch: Batch) -> Assessment:
        """Return the model's judgement; 50 and the reason, if there is no good answer in time."""
        try:
            # httpx's own timeout starts anew with each piece that comes: a deadline for all of it.
            async with asyncio.timeout(self._timeout):
                reply = await self._ask(batch)
        except TimeoutError:
            problem = f"no answer within {self._timeout:g} s"
        except httpx.HTTPStatusError as error:
            problem = f"it answered {error.response.status_code}"
        except httpx.HTTPError as error:
            problem = f"it cannot be reached ({error})"
        except ValueError:  # no JSON, or not what was asked for
            problem = "its answer makes no sense"
        else:
            return Assessment(reply.risk_score, reply.summary)
        summary = f"{batch.in_words()}. Not analyzed by the model: {problem}."
        return Assessment(FALLBACK_SCORE, summary)

    async def _ask(self, batch: Batch) -> Reply:
        request = {
            "model": self._model,
            "temperature": 0,
            "max_tokens": 1000,
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": PROMPT},
                {"role": "user", "content": _describe(batch)},
            ],
        }
        async with httpx.AsyncClient(timeout=self._timeout, headers=self._headers) as client:
            response = await client.post(self.url, json=request)
            response.raise_for_status()
        try:
            content = response.json()["choices"][0]["message"]["content"]
        except (LookupError, TypeError):
            raise ValueError("no choices[0].message.content") from None
        # Models like to think aloud first (<think>…</think>), and to put the answer in a fence.
        answer = re.search(r"\{[^{}]*\}\s*(```)?\s*$", str(content))
        return Reply.model_validate_json(answer[0].rstrip("` \n") if answer else "")


def _describe(batch: Batch) -> str:
    seen = [
        {"type": each.type, "confidence": each.confidence, "time": each.timestamp.isoformat()}
        for each in batch.detections
    ]
    return json.dumps({"camera": batch.camera_id, "detections": seen})
