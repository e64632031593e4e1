"""A learner who was invited to a shared Redis: what they may do, may not do, and the lessons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from tests.support import SECRET, THOROUGH
from tests.warm_pytest import run_pytest

from course.__main__ import main
from doctor.lessons import refusals
from private_redis import PrivateServer

Invite = Callable[[str], tuple[str, str]]


@pytest.fixture
def invite(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invite:
    """Call the command; return the rule and the URL that it prints."""
    monkeypatch.delenv("REDIS_URL", raising=False)

    def printed(name: str) -> tuple[str, str]:
        assert main(["invite", name]) == 0
        said = capsys.readouterr().out
        return re.findall(r"^ACL .*$", said, re.M)[0], re.findall(r"^REDIS_URL=(.*)$", said, re.M)[
            0
        ]

    return printed


@pytest.fixture
def dana(invite: Invite, private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a learner whom the owner of a server has invited."""
    monkeypatch.setenv("REDIS_URL", private_server.url)
    rule, url = invite("dana")
    with redis.Redis.from_url(private_server.url) as owner:
        owner.execute_command(*rule.split())
    return url


def test_the_doctor_finds_that_only_monitor_is_refused(dana: str) -> None:
    assert refusals(dana).keys() == {"the commands on the wire"}


def test_with_monitor_added_nothing_is_refused(dana: str, private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as owner:
        owner.execute_command("ACL SETUSER learner-dana +monitor")
    assert refusals(dana) == {}


FOR_ALL = """
    FLUSHALL | FLUSHDB | KEYS * | SWAPDB 0 1 | MONITOR | SLOWLOG GET | SAVE
    CONFIG GET requirepass | CONFIG SET maxmemory 1 | ACL LIST | ACL SETUSER learner-dana allkeys
    CLIENT LIST | CLIENT KILL TYPE normal | CLIENT PAUSE 1 | SCRIPT FLUSH | SCRIPT KILL
    FUNCTION FLUSH | REPLICAOF NO ONE | SHUTDOWN NOSAVE
"""
"""Commands that reach beyond one's own keys."""
OTHERS = ["detection_queue", "course:1a2b3c4d:key", "course:learner-eli:1a2b3c4d:key"]
OWN = "course:learner-dana:1a2b3c4d:key"
WITH_A_NAME = """
    GET {0} | DEL {0} | RPUSH {0} 1 | SET {0} 1 | BLPOP {0} 1 | LMOVE {0} {1} LEFT LEFT
    LMOVE {1} {0} LEFT LEFT | EVAL return(redis.call('GET','{0}')) 0 | SUBSCRIBE {0} | PUBLISH {0} 1
"""


def not_refused(url: str, commands: str) -> list[str]:
    """Send each command; return those that the server does not refuse for want of a right."""
    passed = []
    for command in filter(None, map(str.strip, re.split(r"[|\n]", commands))):
        with redis.Redis.from_url(url, protocol=2) as learner:
            try:
                passed.append(f"{command}: {learner.execute_command(*command.split())}")
            except redis.ResponseError as error:
                if not re.search("(?i)no permissions|ACL failure|can't access", str(error)):
                    passed.append(f"{command}: {error}")
    return passed


def test_what_reaches_all_is_refused(dana: str) -> None:
    assert not_refused(dana, FOR_ALL) == []


def entries(table: list[Any]) -> Iterator[tuple[str, int, bool]]:
    """Yield of each command that COMMAND lists: its name, how many words, has it keys?"""
    for name, words, flags, first_key, *_, subcommands in table:
        yield name.decode(), abs(words), first_key > 0 or b"movablekeys" in flags
        yield from entries(subcommands)


def test_what_needs_no_key_is_a_short_list(dana: str, private_server: PrivateServer) -> None:
    allowed = set()
    with redis.Redis.from_url(private_server.url, protocol=2) as owner:
        owner.response_callbacks.pop("COMMAND")  # the server's own answer
        for name, words, has_keys in entries(owner.execute_command("COMMAND")):
            command = f"{name.replace('|', ' ')}{' x' * words}".split()[:words]
            try:
                said = owner.execute_command("ACL DRYRUN", "learner-dana", *command)
            except redis.ResponseError:  # a command of which only its subcommands can be run
                continue
            if not has_keys and b"no permissions to run" not in said:
                allowed.add(name)
    everybody = {"auth", "hello", "quit", "reset", "ping", "echo", "time", "object|help"}
    tells = {"info", "scan", "dbsize", "randomkey", "pubsub|channels", "pubsub|numsub"}
    within_rights = {"publish", "subscribe", "unsubscribe", "script|load", "select"}
    assert allowed == everybody | tells | within_rights | {"multi", "exec", "discard", "unwatch"}


@pytest.mark.parametrize("name", OTHERS)
def test_a_name_of_others_is_refused(dana: str, name: str) -> None:
    assert not_refused(dana, WITH_A_NAME.format(name, OWN)) == []


def test_to_the_channel_of_others_a_learner_may_listen_alone(dana: str) -> None:
    with_name = "PUBLISH security_events 1 | PSUBSCRIBE * | SUBSCRIBE system_status"
    assert not_refused(dana, with_name) == []
    assert len(not_refused(dana, "SUBSCRIBE security_events")) == 1


def test_a_name_of_ones_own_is_not_refused(dana: str) -> None:
    commands = WITH_A_NAME.format(OWN, OWN)
    assert len(not_refused(dana, commands)) == commands.count("|") + 2


def test_a_second_invitation_takes_the_place_of_the_first(
    dana: str, invite: Invite, private_server: PrivateServer
) -> None:
    rule, again = invite("dana")
    with redis.Redis.from_url(private_server.url) as owner:
        owner.execute_command(*rule.split())
    assert redis.Redis.from_url(again).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(dana).ping()


def test_the_password_is_long_and_in_the_url_alone(invite: Invite) -> None:
    rule, url = invite("dana")
    (password,) = re.findall(r"^redis://learner-dana:([\w-]+)@HOST:6379/0$", url)
    assert len(password) == 32
    assert password not in rule
    assert password not in invite("dana")[1]


def test_the_url_is_the_owners_with_another_login(
    invite: Invite, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = f"rediss://owner:{SECRET}@redis.example.org:6380/2?ssl_ca_certs=/home/owner/ca.pem"
    monkeypatch.setenv("REDIS_URL", owner)
    assert re.fullmatch(
        r"rediss://learner-dana:[\w-]+@redis\.example\.org:6380/2", invite("dana")[1]
    )


def test_a_learner_may_use_each_database(dana: str) -> None:
    with redis.Redis.from_url(f"{dana.removesuffix('/0')}/3") as learner:
        assert learner.set(OWN, 1)


@pytest.mark.parametrize(
    "name", ["", "Dana", "9", "-dana", "dana eli", "dana\n", "dana:x", "*", "dänä", "d" * 32]
)
def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["invite", name]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("A name has 1 to 31 small letters")


def test_a_url_of_the_owner_that_cannot_be_read_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", f"http://owner:{SECRET}@redis.example.org")
    assert main(["invite", "dana"]) == 1
    said = capsys.readouterr()
    assert "The Redis URL cannot be read" in said.err
    assert SECRET not in said.out + said.err


@THOROUGH
@pytest.mark.timeout(1200)
def test_the_lessons_run_as_an_invited_learner(dana: str, private_server: PrivateServer) -> None:
    plain = ("-q", "-p", "no:cacheprovider")
    status, said = run_pytest(*plain, "notebooks", within=1150, REDIS_URL=dana)
    assert status == 0, said
    with redis.Redis.from_url(private_server.url) as owner:
        refused = {entry["object"] for entry in owner.acl_log()}
        assert refused - {"client|setinfo"} == {"monitor"}  # without either, all goes on
        assert owner.dbsize() == 0
