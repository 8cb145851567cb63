"""Projects: permits, money, building, restarts, and what state bodies fund."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.agents.miner import present_value
from market_abm.market.appraisal import appraise_concentrate
from market_abm.market.investment import complete_projects, invest
from market_abm.market.promises import value_promises
from market_abm.market.state_funding import fund_projects
from market_abm.model import MineralMarket

DY, NDPR, JP, RW = 0, 1, 1, 2
WEEKS = 52.1775
STATE = [{"type": "equity", "actor": "jogmec", "cap": 0.5}, {"type": "loan", "actor": "jogmec", "share": 0.5}]


Build = Callable[..., MineralMarket]
Do = Callable[..., Any]


@pytest.fixture
def ready(tiny_model: Build, do: Do) -> Build:
    """Build a market in which policies are in the regime and mines know what their ore is worth."""

    def build(*args: Any, **kwargs: Any) -> MineralMarket:
        model = tiny_model(*args, **kwargs)
        for policy in model.scenario.policy:
            policy.enact(model.world.regime)
        do(model, appraise_concentrate, promises=do(model, value_promises))
        return model

    return build


def row_of(model: MineralMarket, name: str) -> int:
    return int(model.world.miners.row_named(name))


def certain(chance: float) -> dict[str, Any]:
    return {"parameters": {"investment": {"funding_chance": chance, "boom_funding": 0.0, "build_spread": (1.0, 1.0)}}}


def test_expected_prices_weigh_the_long_run_the_last_and_the_usual(tiny_model: Build) -> None:
    model = tiny_model()
    market = model.market
    market.anchor[:], market.price[:], market.average[:] = 10.0, 20.0, 40.0

    np.testing.assert_allclose(model.world.miners.expected_price(), 0.5 * 10 + 0.25 * 20 + 0.25 * 40)


def test_the_margin_of_an_own_plant_by_hand(ready: Build) -> None:
    model = ready()

    home = model.world.miners.home_margin(promise=0.0)

    value = 0.9 * (0.2 * 19.2 + 0.04 * 108.0) + 0.3
    assert home[row_of(model, "ridge")] == pytest.approx(value - 0.45 * 3.0 - 1.5)


def test_present_value_is_an_annuity_after_the_lead_time(tiny_model: Build) -> None:
    model = tiny_model()
    row = row_of(model, "ridge")

    miner = model.world.miners.agents[row]
    value = present_value(2.0, 0.1, miner.capacity, miner.stage, miner.lead_years, 15.0)

    assert value == pytest.approx(2.0 * 400e3 * 1e6 * (1 - np.exp(-1.5)) / 0.1 * np.exp(-0.03))


def test_a_worthwhile_project_with_money_is_committed(ready: Build, do: Do) -> None:
    model = ready(certain(1.0))
    row = row_of(model, "ridge")

    do(model, invest)

    assert model.world.miners.stage[row] == Stage.CONSTRUCTION
    assert model.world.miners.ready_step[row] == int(0.3 * WEEKS)
    assert model.world.miners.debt[row] == int(0.45 * 2.4e12)
    assert model.world.miners.cash[row] == 0
    assert model.ledger.journal["Miner", "suppliers", "construction"] == 2_400_000_000_000


def test_a_project_that_is_not_worth_it_is_not_funded(ready: Build, do: Do) -> None:
    costly = {"mine": {"ridge": {"capex_usd_per_t": (500_000.0, 500_000.0)}}}
    model = ready({**certain(1.0), **costly})

    do(model, invest)

    assert model.world.miners.stage[row_of(model, "ridge")] == Stage.PERMITTED


def test_without_money_nothing_is_funded(ready: Build, do: Do) -> None:
    model = ready(certain(0.0))

    do(model, invest)

    assert model.world.miners.stage[row_of(model, "ridge")] == Stage.PERMITTED


def test_a_forbidden_land_is_not_built_on(ready: Build, do: Do) -> None:
    model = ready({**certain(1.0), "mine": {"ridge": {"accessible_from": "2011-01-03"}}})

    do(model, invest)

    assert model.world.miners.stage[row_of(model, "ridge")] == Stage.PERMITTED


def test_a_finished_project_opens_with_its_plant_and_some_cash(ready: Build, do: Do) -> None:
    model = ready()
    row = row_of(model, "lake")
    model.world.week_index = 13

    do(model, complete_projects)

    assert model.world.miners.stage[row] == Stage.OPERATING
    assert model.world.refiners.operating[model.world.miners.plant[row]]
    assert model.world.miners.cash[row] == int(0.12 * 3.6e12)


def test_a_closed_mine_restarts_after_four_good_quarters(ready: Build, do: Do) -> None:
    model = ready(certain(0.0))
    row = row_of(model, "lake")
    model.world.miners.stage[row] = Stage.CARE_AND_MAINTENANCE
    stages = []
    for _ in range(4):
        do(model, invest)
        stages.append(Stage(int(model.world.miners.stage[row])))

    assert stages == [Stage.CARE_AND_MAINTENANCE] * 3 + [Stage.CONSTRUCTION]


def test_a_body_takes_its_share_of_the_best_project(ready: Build, do: Do) -> None:
    model = ready(certain(0.0), policy=STATE)
    budget = int(model.world.state_buyers.cash[0])

    do(model, fund_projects)

    part = 0.5 * 0.45 + 0.5 * 0.55
    supported = np.flatnonzero(model.world.miners.sponsor == 0)
    capex = int(model.world.miners.capex[supported[0]])
    assert supported.tolist() == [row_of(model, "lake")]
    assert budget - int(model.world.state_buyers.cash[0]) == pytest.approx(part * capex, abs=2)
    assert model.world.miners.state_debt[supported[0]] == pytest.approx(0.225 * capex, abs=2)
    assert model.world.miners.state_share[supported[0]] == pytest.approx(0.5)


@pytest.mark.parametrize("missing", ["budget", "instruments"])
def test_a_body_without_means_funds_nothing(ready: Build, do: Do, missing: str) -> None:
    poor = {"state_buyer": {"jogmec": {"budget_musd": 99.0}}} if missing == "budget" else {}
    model = ready(poor, policy=[] if missing == "instruments" else STATE)

    do(model, fund_projects)

    assert not (model.world.miners.sponsor >= 0).any()


def test_a_funded_project_signs_the_offtake(ready: Build, do: Do) -> None:
    offtake = {"type": "offtake", "actor": "jogmec", "share": 0.4, "floor_usd_per_kg": 30.0}
    model = ready(certain(0.0), policy=[*STATE, offtake])

    do(model, fund_projects)

    contract = model.world.contracts.offtakes[0]
    assert (contract.seller, contract.buyer_zone, contract.share, contract.floor) == (
        row_of(model, "lake"),
        JP,
        0.4,
        30.0,
    )
    assert model.world.miners.tied[contract.seller]


def test_nothing_is_due_before_a_project_is_built(tiny_model: Build) -> None:
    offtake = {"type": "offtake", "actor": "jogmec", "share": 0.4}
    model = tiny_model(certain(0.0), run=9, policy=[*STATE, offtake])

    assert model.world.contracts.offtakes[0].missed == 0


VOTE = {"state_buyer": {"jogmec": {"budget_musd": 0.0, "vote": {"musd": 200.0}}}}


@pytest.mark.parametrize(("risk", "dependence", "voted"), [(0.5, 0.7, True), (0.4, 0.7, False), (0.5, 0.5, False)])
def test_parliament_votes_in_fear_and_dependence(
    tiny_model: Build, do: Do, risk: float, dependence: float, voted: bool
) -> None:
    model = tiny_model(VOTE)
    model.world.manufacturers.risk[:] = risk
    model.market.dependence[:, JP] = dependence

    do(model, fund_projects)
    do(model, fund_projects)

    assert bool(model.world.state_buyers.voted[0]) is voted
    assert model.world.state_buyers.cash[0] == (200 * 10**12 if voted else 0)


def test_a_body_in_a_zone_without_makers_does_not_vote(tiny_model: Build, do: Do) -> None:
    model = tiny_model({**VOTE, "manufacturer": {"magnets-jp": {"zone": "CN"}}})

    do(model, fund_projects)

    assert not model.world.state_buyers.voted[0]


def test_each_full_exploration_budget_brings_a_permit(ready: Build, do: Do) -> None:
    grant = {"type": "exploration_grant", "actor": "jogmec", "musd_per_year": 40.0, "musd_per_permit": 20.0}
    model = ready(certain(0.0), policy=[grant])
    row, stages = row_of(model, "desert"), []
    for _ in range(2):
        do(model, fund_projects)
        stages.append(Stage(int(model.world.miners.stage[row])))

    assert stages == [Stage.RESOURCE, Stage.PERMITTED]
    assert model.ledger.journal["StateBuyer", "suppliers", "exploration"] == 20 * 10**12


def test_what_is_offered_to_a_named_project_goes_to_no_other(ready: Build, do: Do) -> None:
    named = [{**instrument, "projects": ["ridge"]} for instrument in STATE]
    model = ready(certain(0.0), policy=named)

    do(model, fund_projects)

    assert np.flatnonzero(model.world.miners.sponsor == 0).tolist() == [row_of(model, "ridge")]


def test_of_two_offers_the_last_that_is_open_to_a_project_holds(ready: Build, do: Do) -> None:
    special = {"type": "equity", "name": "special", "actor": "jogmec", "cap": 1.0, "projects": ["lake"]}
    model = ready(certain(0.0), policy=[special, STATE[0], {**special, "name": "other", "projects": ["x"]}])

    do(model, fund_projects)

    assert model.world.miners.state_share[row_of(model, "lake")] == pytest.approx(0.5)
