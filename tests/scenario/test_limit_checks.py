"""What exceeds the books is told with place, size and remedy; what history needs is far from the limits."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from market_abm.core.limits import GREATEST_BALANCE, MASS, MONEY, PRICE, SAFETY
from market_abm.scenario.checks import check_scenario
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

Scenarios = Callable[..., Scenario]
START = dt.date(2010, 1, 4)


def told(scenario: Scenario) -> list[str]:
    return [fault.told() for fault in check_scenario(scenario)]


@pytest.mark.parametrize("name", list(scenario_names()))
def test_no_shipped_scenario_is_near_the_limits(name: str) -> None:
    scenario = load_scenario(name, ["time.end=2035-01-01"])  # 7 to 15 years more than shipped

    assert not [words for words in told(scenario) if "limit" in words]


def test_limits_leave_what_the_plan_does_not_tell() -> None:
    assert MONEY.planned * SAFETY * 1e6 == pytest.approx(GREATEST_BALANCE)
    assert not MONEY.holds(-2 * MONEY.planned)


def test_a_bill_names_its_largest_part_and_the_remedy(tiny_scenario: Scenarios) -> None:
    (words,) = told(tiny_scenario({"manufacturer": {"magnets-jp": {"use_t_per_year": {"NdPr": 2.5e7}}}}))

    assert words.startswith("manufacturer.magnets-jp.use_t_per_year.NdPr: what users may pay is estimated at 6.0e+12")
    assert "2.5e+07 t/year at 210 US$/kg; growth and shocks make it" in words
    assert words.endswith("Check the unit, or end the run earlier (time.end).")


def test_growth_counts_and_so_do_demand_shocks(tiny_scenario: Scenarios) -> None:
    shock = {"type": "demand_shock", "zones": ["JP"], "factor": [(START, 1.0), (dt.date(2011, 1, 3), 1e5)]}
    fault = "manufacturer.magnets-jp.use_t_per_year.NdPr"

    assert not told(tiny_scenario({"manufacturer": {"magnets-jp": {"growth_per_year": 0.5}}}))
    assert told(tiny_scenario(policy=[shock]))[0].startswith(fault)
    late = {"manufacturer": {"magnets-jp": {"growth_per_year": 0.5}}}
    assert any(words.startswith(fault) for words in told(tiny_scenario(late, weeks=52 * 40)))


@pytest.mark.parametrize(
    ("changes", "policy", "where"),
    [
        ({"mine": {"north": {"count": 100_000, "capacity_t_per_year": (1e7, 1e7)}}}, (), "north.capacity_t_per_year"),
        ({"mine": {"north": {"reserve_t": 1e12}}}, (), "mine.north.reserve_t"),
        ({"mine": {"ridge": {"capex_usd_per_t": (0.0, 1e10)}}}, (), "mine.ridge.capex_usd_per_t"),
        ({"mine": {"north": {"cost_usd_per_kg": (1.0, 1e6)}}}, (), "mine.north.cost_usd_per_kg"),
        ({"material": {"Dy": {"freight_usd_per_kg": 3e6}}}, (), "material.Dy.freight_usd_per_kg"),
        ({"manufacturer": {"magnets-jp": {"value_in_use_factor": 1e4}}}, (), "magnets-jp.value_in_use_factor"),
        ({"manufacturer": {"magnets-jp": {"cover_weeks": (7.0, 1e12)}}}, (), "magnets-jp.cover_weeks"),
        ({"speculator": {"ndpr-cn": {"capital_musd": 1e6}}}, (), "speculator.ndpr-cn.capital_musd"),
        ({}, {"type": "stockpile", "days": 2e11}, "policy.stockpile.days"),
        ({}, {"type": "exploration_grant", "musd_per_year": 1e7}, "policy.exploration-grant.musd_per_year"),
        ({}, {"type": "offtake", "floor_usd_per_kg": 5e5, "share": 1.0}, "floor_usd_per_kg"),
        ({}, {"type": "band_purchase", "high_price": 3e6}, "policy.band-purchase.high_price"),
    ],
)
def test_each_amount_has_its_limit(tiny_scenario: Scenarios, changes: dict[str, Any], policy: Any, where: str) -> None:
    rows = [{"actor": "jogmec", **policy}] if policy else []
    weeks = 52 * 9 if "offtake" in str(policy) else 60

    words = told(tiny_scenario(changes, weeks=weeks, policy=rows))

    assert any(where in line.split(":")[0] and "exceeds the limit" in line for line in words), words


def test_a_policy_that_is_switched_off_has_no_limits(tiny_scenario: Scenarios) -> None:
    off = {"type": "thrifting_subsidy", "zone": "JP", "musd_per_year": 1e8, "enabled": False}

    assert not told(tiny_scenario(policy=[off]))


def test_limits_are_told_in_the_units_that_users_write() -> None:
    assert str(PRICE) == "the limit of price, 2.1e+06 US$/kg (the books hold twice as much)"
    assert str(MASS) == "the limit of mass, 5.8e+11 t (the books hold twice as much)"
