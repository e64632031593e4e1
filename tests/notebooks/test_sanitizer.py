"""The sanitiser hides what it must, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

FILE = Path(__file__).with_name("sanitize.cfg")
RULES = dict(get_sanitize_patterns(FILE.read_text(encoding="ascii")))


def sanitise(text: str) -> str:
    """As nbval does it."""
    for pattern, replacement in RULES.items():
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Redis: a private server for this notebook, stopped when its kernel stops",
            "Redis: the server that REDIS_URL names (redis.example.org:6380, database 0)",
        ),
        (
            "x\nRedis: the server that REDIS_URL names (localhost:6379, database 0, user ann)\ny",
            "x\nRedis: the server that REDIS_URL names (the socket /run/redis.sock, database 3)\ny",
        ),
        ("   Redis version: 7.2.4", "   Redis version: 8.10.0"),
        ("{'redis_version': '7.2.4'}", "{'redis_version': '7.0.15'}"),
        ('{"redis_version": "7.2.4", "a": 1}', '{"redis_version": "7.0.15", "a": 1}'),
        (
            "Error 111 connecting to 127.0.0.1:1. Connect call failed ('127.0.0.1', 1).",
            "Error 61 connecting to 127.0.0.1:1. Connect call failed ('127.0.0.1', 1).",
        ),
        (
            r'1) "{\"id\":7,\"timestamp\":\"2026-11-29T11:36:36.562+00:00\",\"type\":\"image\"}"',
            r'1) "{\"id\":7,\"timestamp\":\"2027-01-02T03:04:05.000+00:00\",\"type\":\"image\"}"',
        ),
        (
            "x\n20c1965f4cf5  2026-11-29T13:40:43+00:00         3  ValueError: y  {}",
            "x\n000000000000  2027-01-02T03:04:05+00:00         3  ValueError: y  {}",
        ),
        (
            "Server 7.2.4, up 8 s. Clients: 6, blocked: 0. Memory: 1.6 MB, no limit.",
            "Server 8.10.0, up 12 min. Clients: 16, blocked: 0. Memory: 21.0 MB, no limit.",
        ),
        (
            '<img alt="a: 1 2" width="9" src="data:image/png;base64,iVBORw0KGgo="/>',
            '<img alt="a: 1 2" width="9" src="data:image/png;base64,iVB/+w=="/>',
        ),
    ],
)
def test_what_differs_from_server_to_server_is_alike(one: str, other: str) -> None:
    assert sanitise(one) == sanitise(other)


@pytest.mark.parametrize(
    "text",
    [
        "Redis: a private server for this notebook, stopped",
        "Redis: the server that REDIS_URL names",
        "It said: Redis: a private server for this notebook, stopped when its kernel stops",
        "Redis version: unknown",
        "   Redis version: 7",
        "{'redis_version': None}",
        "{'redis_version': 'unknown'}",
        "{'version': '7.2.4'}",
        "Python 3.11.7",
        "Error 113 connecting to 127.0.0.1:1. No route to host.",
        "Error 111 while reading",
        "192.168.1.20",
        "{'status': 'healthy', 'connected': True}",
        "camera:1:status expires in 300 s; 5 items; 12.5 ms; 0.7.3",
        "'timestamp': '2026-11-29T11:36:36.562+00:00'",
        '"timestamp":"2026-11-29T11:36:36.562+00:00"',
        r"\"timestamp\":\"2026-11-29T11:36:36+05:30\"",
        r"\"taken\":\"2026-11-29T11:36:36.562+00:00\"",
        "20c1965f4cf5  yesterday  3  ValueError",
        "the letter 20c1965f4cf5  2026-11-29T13:40:43+00:00",
        "deadbeefcafe  {}",
        "Server 7.2.4, up 8 s.",
        '<img alt="a" src="pictures/a.png"/>',
        '<img alt="a" src="data:image/svg+xml;base64,AAAA"/>',
        '<img alt="data:image/png;base64,AAAA"/>',
        "detection_queue       38      0        2  90 min     0         0      2   0.0    0.0",
    ],
)
def test_every_other_line_is_compared_as_it_is(text: str) -> None:
    assert sanitise(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "{'status': 'healthy', 'connected': True, 'redis_version': '7.2.4'}",
            "{'status': 'healthy', 'connected': False, 'redis_version': '7.2.4'}",
        ),
        ("   Redis version: 7.2.4\n   5 items", "   Redis version: 7.2.4\n   4 items"),
        (
            "Redis: a private server for this notebook, stopped when its kernel stops\n1",
            "Redis: a private server for this notebook, stopped when its kernel stops\n2",
        ),
        (
            r"{\"id\":7,\"timestamp\":\"2026-11-29T11:36:36.562+00:00\"}",
            r"{\"id\":8,\"timestamp\":\"2026-11-29T11:36:36.562+00:00\"}",
        ),
        (
            "20c1965f4cf5  2026-11-29T13:40:43+00:00         3  ValueError: y  {}",
            "20c1965f4cf5  2026-11-29T13:40:43+00:00         2  ValueError: y  {}",
        ),
        (
            "Server 7.2.4, up 8 s. Clients: 6, blocked: 0. Memory: 1.6 MB, no limit.",
            "Server 7.2.4, up 8 s. Clients: 6, blocked: 2. Memory: 1.6 MB, no limit.",
        ),
        (
            "Server 7.2.4, up 8 s. Clients: 6, blocked: 0. Memory: 1.6 MB, no limit.",
            "Server 7.2.4, up 8 s. Clients: 6, blocked: 0. Memory: 1.6 MB, 4% of 64.0 MB.",
        ),
        (
            '<img alt="a: 1 2" width="9" src="data:image/png;base64,iVBORw0KGgo="/>',
            '<img alt="a: 1 3" width="9" src="data:image/png;base64,iVBORw0KGgo="/>',
        ),
    ],
)
def test_what_stands_beside_it_is_still_compared(one: str, other: str) -> None:
    assert sanitise(one) != sanitise(other)


def test_every_rule_is_read() -> None:
    # An editor that strips blanks at the ends of lines turns `replace: ` into no rule at all.
    assert len(RULES) == FILE.read_text(encoding="ascii").count("regex")


@pytest.mark.parametrize(("pattern", "replacement"), RULES.items())
def test_every_rule_puts_a_word_in_the_place_of_what_it_hides(
    pattern: str, replacement: str
) -> None:
    assert re.search("[A-Z]{4}", replacement)


@pytest.mark.parametrize("rule", FILE.read_text(encoding="ascii").split("\n\n")[1:])
def test_every_rule_hides_the_samples_above_it(rule: str) -> None:
    samples = re.findall(r"^# (.*)$", rule, re.MULTILINE)
    assert samples
    assert all(sanitise(sample) != sample for sample in samples)


@pytest.mark.parametrize("pattern", RULES)
def test_no_rule_matches_any_text(pattern: str) -> None:
    assert ".*" not in pattern
    assert not re.search(pattern, "")
