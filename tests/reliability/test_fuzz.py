"""The fuzz, for seconds only: `make fuzz` does it for ten minutes."""

import logging

import pytest
from tests.reliability.fuzz import PUT_BACK, main
from tests.support import THOROUGH

from backend.core.redis import RedisClient
from backend.services.stage import Stage


@THOROUGH
@pytest.mark.timeout(300)
def test_good_files_go_through_whatever_lies_beside_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--seconds", "5", "--seed", "3"]) == 0
    assert " 0 missing; " in capsys.readouterr().out


@THOROUGH
@pytest.mark.timeout(300)
def test_a_traceback_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Stage, subject: str, *others: object) -> None:
        logging.getLogger("backend").error("it broke", exc_info=ValueError("a bug"))

    monkeypatch.setattr(Stage, "record", fails)
    assert main(["--seconds", "1", "--seed", "3"]) == 1
    assert "ValueError: a bug" in capsys.readouterr().out


async def test_of_two_foreign_values_over_an_absent_key_none_is_put_back(
    client: RedisClient,
) -> None:
    key, aside = client.full_name("key"), client.full_name("aside:key")
    await client.call("SADD", aside, "the first")
    await client.call("SET", key, "the second")
    await client.call("EVAL", PUT_BACK, 2, key, aside, "zset")
    assert await client.exists("key", "aside:key") == 0
