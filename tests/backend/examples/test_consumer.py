"""The consumer as a program: what it reports, how it ends, and which arguments it refuses."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from tests.backend.program import Program, ended

from backend.core.redis import RedisClient
from backend.examples.pop_or_reserve import COMMANDS, QUEUE, Mode, add
from private_redis import PrivateServer

CONSUMER = "backend.examples.consumer"


@pytest.mark.parametrize("mode", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_reports_on_each_item_and_ends_when_it_is_told(
    private_server: PrivateServer, tmp_path: Path, mode: Mode, number: signal.Signals
) -> None:
    redis = {**os.environ, "REDIS_URL": private_server.url}
    with Program(tmp_path / "reports", CONSUMER, mode, env=redis) as program:
        async with RedisClient(private_server.url) as client:
            await add(client, mode, {"id": 7}, "key of 7")
            await program.says("handled")
            assert await program.end(number) == 0
            assert await client.get_queue_length(QUEUE) == 0
    said = [json.loads(line) for line in program.log.splitlines()]
    assert said == [{"ready": True}, {"taken": 7}, {"handled": 7}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "the following arguments are required: mode"),
        (["take"], "invalid choice: 'take'"),
        (["pop", '{"work": 1}'], "invalid options value"),
        (["pop", "soon"], "invalid options value"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], says: str) -> None:
    status, said = ended(CONSUMER, *arguments)
    assert status == 2
    assert says in said
