"""The shipped scenarios: each loads, runs, balances every week, and says the same twice."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from market_abm.model import MineralMarket
from market_abm.scenario.checks import check_scenario
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

NAMES = list(scenario_names())
WEEKS = 30


def shortened(name: str, weeks: int = WEEKS) -> Scenario:
    """The scenario with its dates, cut after some weeks and recorded from the first."""
    scenario = load_scenario(name)
    end = min(scenario.time.end, scenario.time.start + dt.timedelta(weeks=weeks))
    time = scenario.time.model_copy(update={"record_from": scenario.time.start, "end": end})
    return scenario.model_copy(update={"time": time})


def moved(name: str, start: str, weeks: int = WEEKS) -> Scenario:
    """The scenario begun at a later date, in the middle of its policies."""
    scenario = load_scenario(name)
    first = dt.date.fromisoformat(start)
    time = {"start": first, "record_from": first, "end": first + dt.timedelta(weeks=weeks)}
    return scenario.model_copy(update={"time": scenario.time.model_copy(update=time)})


def run(scenario: Scenario, seed: int = 1) -> MineralMarket:
    model = MineralMarket(scenario, rng=seed)
    while model.running:
        model.step()
    model.close()
    return model


def test_the_library_is_not_empty() -> None:
    assert {"tiny", "baseline", "japan-2010"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_has_no_faults(name: str) -> None:
    scenario = load_scenario(name)

    assert check_scenario(scenario) == []
    assert scenario.title
    assert scenario.description


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_balances_every_week(name: str, seed: int) -> None:
    model = run(shortened(name), seed)

    assert model.week_index == WEEKS
    assert int(model.ledger.money.sum()) == 0
    assert not model.ledger.mass.sum(axis=1).any()
    assert all(population.outside_bounds() == {} for population in model.populations.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_trades_at_sane_prices_at_first(name: str) -> None:
    model = run(shortened(name))
    start = np.array([row.price_usd_per_kg for row in model.world.scenario.material.values()])

    level = model.recorder.price[:WEEKS] / 1000 / start[:, None]

    assert (level > 0.2).all()
    assert (level < 10).all()
    assert model.recorder.flow[:WEEKS].sum(axis=(0, 2)).all()


@pytest.mark.parametrize("start", ["2010-08-02", "2011-05-02", "2012-01-02"])
def test_the_years_of_the_crisis_balance(start: str) -> None:
    model = run(moved("japan-2010", start))

    assert len(model.world.government.in_force) >= 6
    assert int(model.ledger.money.sum()) == 0


@pytest.mark.parametrize("name", NAMES)
def test_no_policy_of_a_shipped_scenario_is_out_of_its_time(name: str) -> None:
    scenario = load_scenario(name)

    for policy in scenario.policy:
        assert policy.start < scenario.time.end, policy.label
        assert policy.end is None or policy.end > scenario.time.start, policy.label


def test_the_same_scenario_says_the_same_twice(seal: Callable[[MineralMarket], str]) -> None:
    scenario = moved("japan-2010", "2010-08-02", 12)

    assert seal(run(scenario)) == seal(run(scenario))


@pytest.mark.parametrize("name", NAMES)
def test_no_two_projects_share_a_plant(name: str) -> None:
    model = MineralMarket(load_scenario(name), rng=1)
    model.close()

    plants = model.world.miners.plant[(model.world.miners.plant >= 0) & ~model.world.miners.corporate]

    assert len(set(plants.tolist())) == len(plants)
