"""The alerts and the dashboard name what `/metrics` exports, and nothing else."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from redis.exceptions import NoPermissionError
from ruamel.yaml import YAML
from tests.support import as_user

from backend.api.app import create_app
from backend.core.redis import RedisClient
from backend.pipeline import parse
from backend.tools import queues
from private_redis import PrivateServer

MONITORING = Path(__file__).parents[1] / "monitoring"
ALERTS = YAML(typ="safe").load(MONITORING / "alerts.yml")
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
CONFIG = YAML(typ="safe").load(MONITORING / "prometheus.yml")
BOARD = json.loads((MONITORING / "grafana_dashboard.json").read_text())
README = (MONITORING / "README.md").read_text()
RUNBOOK = (MONITORING.parent / "docs/runbook.md").read_text()

LANGUAGE = {
    *("and", "or", "unless", "on", "ignoring", "by", "without", "bool", "offset"),
    *("sum", "max", "min", "count", "rate", "delta", "increase"),
}
"""The words of PromQL that are used here."""
SERIES = dict[str, list[dict[str, str]]]
"""The samples by name, each with its labels."""


@pytest.fixture
async def exported(private_server: PrivateServer) -> SERIES:
    return await samples_of(private_server.url)


async def samples_of(url: str) -> SERIES:
    async with RedisClient(url) as client:
        transport = httpx.ASGITransport(app=create_app(client))
        async with httpx.AsyncClient(transport=transport, base_url="http://backend") as http:
            text = (await http.get("/metrics")).text
    # Prometheus adds this one for each target that it scrapes.
    series: SERIES = {"up": [{"job": job["job_name"]} for job in CONFIG["scrape_configs"]]}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series.setdefault(sample.name, []).append(sample.labels)
    return series


def unknown_in(expression: str, exported: SERIES) -> list[str]:
    """What an expression names and `/metrics` does not have: metrics, labels, and their values."""
    found = []
    selectors = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)?\{([^}]*)\}")
    for name, conditions in selectors.findall(expression):
        for label, _, values in re.findall(r'(\w+)\s*(=~|=|!=|!~)\s*"([^"]*)"', conditions):
            known = {labels.get(label) for labels in exported.get(name, [])}
            found += [
                f"{name}{{{label}={each}}}" for each in values.split("|") if each not in known
            ]
    bare = re.sub(r'\{[^}]*\}|\[[^]]*\]|"[^"]*"', " ", expression)
    grouped = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
    labels = {label for all in exported.values() for each in all for label in each}
    for group in grouped.findall(bare):
        found += [each for each in re.findall(r"\w+", group) if each not in labels]
    for name in re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", grouped.sub(" ", bare)):
        if name not in LANGUAGE and name not in exported:
            found.append(name)
    return found


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("backend_redis_up == 0", []),
        ("sum by (queue) (rate(backend_queue_jobs_done_total[5m])) > 1.5", []),
        ('backend_queue_jobs{place=~"waiting|retrying"}', []),
        ("backend_redis_is_up == 0", ["backend_redis_is_up"]),
        ("rate(backend_queue_jobs_done[5m])", ["backend_queue_jobs_done"]),
        ('backend_queue_jobs{place="wating"}', ["backend_queue_jobs{place=wating}"]),
        ('backend_queue_jobs{plaice="waiting"}', ["backend_queue_jobs{plaice=waiting}"]),
        ("sum by (cue) (backend_queue_jobs)", ["cue"]),
    ],
)
async def test_a_name_that_is_not_exported_is_found(
    expression: str, unknown: list[str], exported: SERIES
) -> None:
    assert unknown_in(expression, exported) == unknown


# ---- the alerts ----


def test_there_are_five_alerts_with_names_of_their_own() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) == 5


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
async def test_an_alert_asks_for_what_is_exported(rule: dict[str, Any], exported: SERIES) -> None:
    assert unknown_in(rule["expr"], exported) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action", "card"}
    assert all(rule["annotations"].values())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_a_card_of_the_runbook(rule: dict[str, Any]) -> None:
    assert f"\n## {rule['annotations']['card']}\n" in RUNBOOK


def test_the_alerts_are_loaded_and_the_address_is_the_pipelines_own() -> None:
    assert CONFIG["rule_files"] == ["alerts.yml"]
    (job,) = CONFIG["scrape_configs"]
    options = parse(["--stage", "web"])
    assert job["static_configs"] == [{"targets": [f"{options.host}:{options.port}"]}]


# ---- the dashboard ----


EXPRESSIONS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", EXPRESSIONS)
async def test_a_panel_asks_for_what_is_exported(expression: str, exported: SERIES) -> None:
    assert unknown_in(expression, exported) == []


async def test_a_legend_names_labels_that_there_are(exported: SERIES) -> None:
    labels = {label for all in exported.values() for each in all for label in each}
    legends = [target["legendFormat"] for panel in BOARD["panels"] for target in panel["targets"]]
    named = {label for legend in legends for label in re.findall(r"\{\{(\w+)\}\}", legend)}
    assert named
    assert named - labels == set()


async def test_every_metric_is_on_the_dashboard_or_in_an_alert(exported: SERIES) -> None:
    text = json.dumps(BOARD) + json.dumps(RULES)
    unused = [name for name in exported if not name.endswith("_created") and name not in text]
    assert unused == ["backend_queue_readable"]


def test_the_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(each["title"], each["gridPos"]) for each in panels]
    for (one, a), (other, b) in combinations(places, 2):
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        assert apart, (one, other)
    assert max(place["x"] + place["w"] for _, place in places) == 24


# ---- the user who only looks ----


def user_of_the_readme() -> list[str]:
    (line,) = re.findall(r"^redis-cli (ACL SETUSER watcher .*)$", README, re.MULTILINE)
    return line.replace("'", "").replace("PASSWORD", "secret").split()


def test_the_user_of_the_readme_can_look_and_cannot_push(private_server: PrivateServer) -> None:
    with Redis.from_url(private_server.url) as admin:
        admin.execute_command(*user_of_the_readme())
        admin.rpush("detection_queue", "{}")
    url = as_user(private_server.url, "watcher", "secret")
    assert queues.main(["--url", url, "--over", "0.01", "--max-length", "5"]) == 0
    with Redis.from_url(url) as watcher, pytest.raises(NoPermissionError):
        watcher.rpush("detection_queue", "{}")


async def test_the_user_of_the_readme_gets_every_metric(
    exported: SERIES, private_server: PrivateServer
) -> None:
    with Redis.from_url(private_server.url) as admin:
        admin.execute_command(*user_of_the_readme())
    seen = await samples_of(as_user(private_server.url, "watcher", "secret"))
    assert seen.keys() == exported.keys()
