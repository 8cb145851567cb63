"""The report of a sweep: every section, nothing from outside, and no sweep that breaks it."""

import re

import numpy as np
import pandas as pd
import pytest
from made_sweeps import FACTORS, grid, made, uniform
from SALib.sample import morris

from market_abm.sweep.report import report_page, write_report
from market_abm.sweep.results import SweepResults, table_digest

SUPPORT = [
    {"name": "cap", "label": "Price cap", "unit": "US$/kg", "path": "policy.cap.usd_per_kg", "values": [0, 10, 20]},
    {"name": "budget", "label": "Budget", "unit": "US$ m", "path": "policy.aid.budget", "values": [0, 50]},
]
MONEY = [{"name": "public_money_musd"}, {"name": "world_lost_activity_musd"}]
FRONTIER = {"cost": "public_money_musd", "benefit": "world_lost_activity_musd", "less_is_better": True}
RULES = {
    "public_money_musd": lambda x: 5 * x.cap + x.budget,
    "world_lost_activity_musd": lambda x: 500 - 3 * x.cap - x.budget,
}


def support(**options: object) -> SweepResults:
    given = {
        "seeds": 4,
        "noise": 5.0,
        "kind": "grid",
        "factors": SUPPORT,
        "outcomes": MONEY,
        "frontier": FRONTIER,
        **options,
    }
    return made(grid(cap=[0, 10, 20], budget=[0, 50]), RULES, **given)


def heads(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_the_report_of_a_grid_has_every_section():
    page = report_page(support(lost=[(1, 2)]))

    assert heads(page) == [
        "Design",
        "Public money spent, all states",
        "World, activity lost in the run",
        "Frontier: World, activity lost in the run by cost",
        "Failures: 1",
        "How these numbers were made",
        "Caveats",
    ]
    assert page.count("<svg") == 5  # a heat map and a tornado each, and the frontier
    assert "market-abm run tiny --seed 2" in page
    assert "policy.cap.usd_per_kg" in page
    assert "23 finished, 1 failed, 24 planned" in page


def test_the_report_asks_for_nothing_from_outside():
    page = report_page(support())

    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:)[^#]|url\((?!#)|@import|https?://|<script""", page)


def test_the_report_is_written_whole_and_the_same_each_time(tmp_path):
    results = support(folder=tmp_path)

    first = write_report(results).read_bytes()

    assert write_report(results).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_what_a_sweep_says_is_shown_as_text():
    factors = [{**SUPPORT[0], "label": "<script>cap</script>"}, SUPPORT[1]]

    page = report_page(support(factors=factors))

    assert "<script" not in page
    assert "&lt;script&gt;cap" in page


def sampled() -> SweepResults:
    points = uniform(60, stock=(0, 100), weeks=(1, 52)).assign(who=["state", "firms"] * 30)
    factors = [FACTORS[0], {**FACTORS[1], "low": 1.0, "scale": "log"}, {"name": "who"}]
    return made(points, {"y": lambda x: x.stock + x.weeks}, kind="latin_hypercube", factors=factors)


def screened() -> SweepResults:
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    points = pd.DataFrame(morris.sample(problem, 5, seed=1), columns=list("abc"))
    return made(points, {"y": lambda x: x.a}, kind="morris", trajectories=5, levels=4)


@pytest.mark.parametrize(
    ("results", "pictures"),
    [
        (sampled(), 2),
        (screened(), 1),
        (made(grid(x=[1, 2, 5]), {"y": lambda x: x.x}, kind="grid", seeds=3, noise=0.1), 2),
        (made(grid(a=[1, 2], b=[1, 2], c=[True, False]), {"y": lambda x: x.a + x.c}, kind="grid"), 3),
        (made(uniform(3, a=(0, 1)), {"y": lambda x: x.a}), 1),  # too few for a sensitivity
        (made(grid(a=[1, 2]), {"y": lambda x: np.nan * x.a}, kind="grid"), 0),
        (made(grid(a=[1, 2]), {"y": lambda x: x.a}, kind="grid", lost=[(0, 0), (1, 0)]), 0),
        (made(grid(a=[1], b=[2]), {"y": lambda x: x.a}, kind="grid"), 0),
    ],
    ids=["sample", "morris", "one factor", "three factors", "few points", "no numbers", "all failed", "one point"],
)
def test_every_sweep_has_a_report(results, pictures):
    page = report_page(results)

    assert page.count("<svg") == pictures
    assert page.rstrip().endswith("</html>")


def test_pending_runs_are_said():
    results = support()

    page = report_page(SweepResults(**{**vars(results), "planned": 30}))

    assert "6 runs are still pending" in page


def test_the_digest_is_that_of_the_sweep_command():
    results = support()

    assert table_digest(results) in report_page(results)


def test_a_frontier_is_drawn_only_where_the_file_asks_for_one():
    assert not [head for head in heads(report_page(support(frontier=None))) if "Frontier" in head]
