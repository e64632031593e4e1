"""hub/kubernetes and its image: what they promise, and the chart's own schema.

Nothing is run in a cluster or in Docker. Where the variable CHART names the folder of the unpacked
chart, the values are held against its schema, too:

    helm pull jupyterhub --repo https://hub.jupyter.org/helm-chart/ --version 4.4.0 --untar
    CHART=jupyterhub .venv/bin/pytest tests/hub/test_kubernetes.py
"""

from __future__ import annotations

import copy
import os
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "hub/Dockerfile").read_text()
VALUES = YAML(typ="safe").load(ROOT / "hub/kubernetes/values.yaml")
SINGLEUSER = VALUES["singleuser"]


# ---- what we promise, whatever the chart ----


def test_a_learner_has_a_limit_and_may_count_on_less() -> None:
    assert megabytes("guarantee") < megabytes("limit") <= 2000
    assert 0 < SINGLEUSER["cpu"]["guarantee"] < SINGLEUSER["cpu"]["limit"]


def megabytes(kind: str) -> int:
    return int(SINGLEUSER["memory"][kind].removesuffix("M"))


def test_a_learner_reaches_no_network() -> None:
    assert SINGLEUSER["networkPolicy"] == {
        "enabled": True,
        "egressAllowRules": {
            "cloudMetadataServer": False,
            "nonPrivateIPs": False,
            "privateIPs": False,
        },
    }


def test_a_learner_is_not_root_and_is_the_user_of_the_image() -> None:
    user, uid = re.findall(r"useradd --create-home --uid (\d+) (\w+)", DOCKERFILE)[0][::-1]
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.M) == [user]
    assert int(uid) == SINGLEUSER["uid"] == SINGLEUSER["fsGid"] > 0
    assert SINGLEUSER["allowPrivilegeEscalation"] is False
    assert SINGLEUSER["storage"]["homeMountPath"] == f"/home/{user}"


def test_an_idle_server_ends() -> None:
    assert VALUES["cull"]["enabled"] is True
    assert VALUES["cull"]["every"] < VALUES["cull"]["timeout"] <= 3600


def test_no_learner_is_sent_to_a_redis_of_others() -> None:
    assert "REDIS_URL" not in SINGLEUSER["extraEnv"]


def test_what_the_pod_starts_and_opens_is_there() -> None:
    script = SINGLEUSER["cmd"][-1].removeprefix("/course/")
    lesson = SINGLEUSER["defaultUrl"].removeprefix("/lab/tree/")
    assert (ROOT / script).is_file()
    assert (ROOT / lesson).is_file()


def test_the_pod_starts_where_the_volume_is() -> None:
    *_, last = re.findall(r"^WORKDIR (\S+)$", DOCKERFILE, re.M)
    assert last == SINGLEUSER["storage"]["homeMountPath"]


def test_the_image_takes_what_is_there() -> None:
    sources = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.M)
    sources += re.findall(r"--requirement (\S+)", DOCKERFILE)
    assert len(sources) == 2
    assert [source for source in sources if not (ROOT / source).exists()] == []


# ---- the chart's own schema ----


def merged(below: Any, above: Any) -> Any:
    """Lay values over values, as Helm does: map by map; all else takes the place of what was."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: merged(below.get(key), value) for key, value in above.items()}


@pytest.fixture(scope="module")
def chart() -> tuple[Draft7Validator, dict[str, Any]]:
    """The chart's schema, and its own values: it asks for some that it brings itself."""
    if not (folder := os.environ.get("CHART")):
        pytest.skip("CHART names no unpacked chart; the top of this file says how to get it")
    (schema,) = Path(folder).glob("values.schema.*")  # YAML in its repository, JSON as published
    yaml = YAML(typ="safe")
    return Draft7Validator(yaml.load(schema)), yaml.load(Path(folder, "values.yaml"))


def faults(chart: tuple[Draft7Validator, dict[str, Any]], values: dict[str, Any]) -> list[str]:
    """Return where the chart cannot take the values, as `singleuser.cpu.limit`."""
    validator, own = chart
    found = validator.iter_errors(merged(own, values))
    return [".".join(map(str, error.absolute_path)) for error in found]


def test_the_chart_can_take_the_values(chart: Any) -> None:
    assert faults(chart, VALUES) == []


@pytest.mark.parametrize(
    ("place", "mistake", "named"),
    [
        ("singleuser.storage", {"homeMountPaht": "/home/learner"}, "singleuser.storage"),
        ("singleuser.networkPolicy", {"enable": True}, "singleuser.networkPolicy"),
        ("singleuser.networkPolicy", {"enabled": "yes"}, "singleuser.networkPolicy.enabled"),
        ("singleuser", {"fsGid": "learner"}, "singleuser.fsGid"),
        ("singleuser.image", {"tag": 2026}, "singleuser.image.tag"),
        ("cull", {"timeout": "1h"}, "cull.timeout"),
        ("proxy.service", {"type": "Cluster"}, "proxy.service.type"),
        ("", {"singeluser": {}}, ""),
    ],
)
def test_a_mistake_is_found(chart: Any, place: str, mistake: dict[str, Any], named: str) -> None:
    values = copy.deepcopy(VALUES)
    reduce(dict.__getitem__, filter(None, place.split(".")), values).update(mistake)
    assert faults(chart, values) == [named]
