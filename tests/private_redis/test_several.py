"""Several servers: they find each other, come back, and end with the program that started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from tests.support import exists, ping, wait_until

from private_redis import PrivateServer, RedisUnavailable
from private_redis.server import FOLDER, client_without_retries
from private_redis.several import SLOTS, Cluster, SentinelSet, ask

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def sentinels() -> Iterator[SentinelSet]:
    with SentinelSet() as started:
        yield started


def test_a_killed_primary_comes_back_empty_as_a_replica(sentinels: SentinelSet) -> None:
    killed = sentinels.primary()
    ask(killed, "SET", "key", "value")
    ask(killed, "WAIT", 2, 5000)
    killed.kill()
    sentinels.start()
    assert sentinels.primary() is not killed
    assert ask(sentinels.primary(), "GET", "key") == "value"
    assert ask(killed, "INFO", "replication")["master_port"] == sentinels.primary().port


def test_replicas_hear_of_nothing_while_they_are_cut_off(sentinels: SentinelSet) -> None:
    with sentinels.cut_off() as primary:
        ask(primary, "SET", "cut_off", "yes")
        assert ask(primary, "WAIT", 1, 200) == 0
    sentinels.start()
    assert [ask(each, "EXISTS", "cut_off") for each in sentinels.replicas()] == [1, 1]


def test_no_sentinel_answers_without_the_password(sentinels: SentinelSet) -> None:
    for sentinel in sentinels.sentinels:
        url = f"redis://127.0.0.1:{sentinel.port}"
        stranger = client_without_retries(url, timeout=5.0)
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_servers_that_are_started_already_stay_as_they_are(sentinels: SentinelSet) -> None:
    pids = [each.pid for each in sentinels.servers]
    assert [each.pid for each in sentinels.start().servers] == pids


def test_what_does_not_come_about_in_time_is_said() -> None:
    sentinels = SentinelSet()
    with pytest.raises(RedisUnavailable, match="all servers are in their places"):
        sentinels.start(timeout=0)
    assert sentinels.servers == []


def test_stopped_twice_and_never_started() -> None:
    shards = Cluster(replicas=False)
    shards.stop()
    urls = [each.url for each in shards.start().servers]
    shards.stop()
    shards.stop()
    assert not any(map(ping, urls))


def test_the_servers_of_a_cluster_share_the_slots() -> None:
    with Cluster(replicas=False) as shards:
        keys = [ask(each, "CLUSTER", "SLOTS") for each in shards.servers]
        assert keys[0] == keys[1] == keys[2]
        assert sum(last - first + 1 for first, last, *_ in keys[0]) == SLOTS
        assert len({shards.owner(f"{{home-{number}}}:").port for number in range(20)}) == 3


OWNER = """
import sys
from private_redis.several import SentinelSet
sentinels = SentinelSet().start()
print(*(each.pid for each in sentinels.servers + sentinels.sentinels), flush=True)
print(sentinels.folder, flush=True)
sys.stdin.readline()
"""


def test_all_end_with_a_killed_program_and_the_next_server_removes_what_it_left() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        folder = Path(owner.stdout.readline().strip())
        owner.kill()
    assert len(pids) == 6
    wait_until(lambda: not any(map(exists, pids)), "all servers have ended")
    assert folder.name.startswith(FOLDER)
    os.utime(folder, (0, 0))
    with PrivateServer():
        assert not folder.exists()
