"""The benchmark: it runs, says what it measured, and holds it against the goals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.measure import Ratio, Variant, ratio, side_by_side
from bench.report import Row, table
from tests.support import THOROUGH

ROOT = Path(__file__).parents[1]


@THOROUGH
@pytest.mark.timeout(180)
def test_it_prints_the_table_and_writes_numbers_and_a_chart_in_words(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--rounds", "1", "--into", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "bench.json").read_text())
    assert results["rounds"] == 1
    assert len(results["rows"]) > 20
    chart = (tmp_path / "bench.svg").read_text()
    for row in results["rows"]:
        assert row["path"] in done.stdout
        is_drawn = row["verdict"] and isinstance(row["measured"], dict)
        assert not is_drawn or f"{row['path']}: {row['value']:.2f}" in chart


def test_a_ratio_is_the_median_of_the_rounds_with_the_middle_half() -> None:
    assert ratio([2, 4, 6, 8, 100], [2, 2, 2, 2, 2]) == Ratio(3, 2, 4)


@pytest.mark.parametrize(
    ("measured", "goal", "verdict"),
    [
        (0.9, {"at_most": 0.9}, "met"),
        (1.0, {"at_most": 0.9}, "missed"),
        (40.0, {"at_least": 40}, "met"),
        (39.0, {"at_least": 40}, "missed"),
        (1.0, {"at_most": 0}, "missed"),
        (1.0, {}, ""),
        (None, {"at_most": 1}, ""),
    ],
)
def test_a_row_says_whether_its_goal_is_met(
    measured: float | None, goal: dict[str, float], verdict: str
) -> None:
    assert Row("a path", measured, **goal).verdict == verdict


def test_the_table_says_what_was_not_measured_and_why() -> None:
    text = table([Row("a path", None, at_most=1, note="there is no redis-benchmark on PATH")])
    assert "not measured" in text
    assert "a path: there is no redis-benchmark on PATH" in text


async def test_every_variant_has_a_cost_for_each_round_after_the_first() -> None:
    calls = {"one": 0, "other": 0}

    def variant(name: str) -> Variant:
        async def call() -> None:
            calls[name] += 1

        return Variant(call, most=1)

    costs = await side_by_side({name: variant(name) for name in calls}, 3)
    assert {name: len(each) for name, each in costs.items()} == {"one": 3, "other": 3}
    assert calls == {"one": 4, "other": 4}
