"""Contracts: what is due, at what price, what is missed, and who pays a floor."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.market.contracts import Deliveries, OfftakeContract, deliver_contracts
from market_abm.market.state_purchases import buy_from_producers
from market_abm.model import MineralMarket

DY, NDPR, CN, JP, RW = 0, 1, 0, 1, 2  # in the order of names
WEEKS = 52.1775
OFFTAKE = {"offtake": {"deal": {"mine": "hill", "buyer_zone": "JP", "share": 0.3}}}
FLOOR = {
    "type": "price_floor",
    "actor": "jogmec",
    "project": "north 1",
    "material": "NdPr",
    "floor": 50.0,
}


def paid(model: MineralMarket, purpose: str) -> int:
    return sum(total for (_, _, why), total in model.ledger.journal.items() if why == purpose)


@pytest.fixture
def deliver(do: Callable[..., Any]) -> Callable[[MineralMarket], Deliveries]:
    """Deliver under all contracts, without the rest of the week."""

    def run(model: MineralMarket) -> Deliveries:
        deliveries: Deliveries = do(model, deliver_contracts)
        do(model, buy_from_producers, deliveries=deliveries)
        return deliveries

    return run


def weeks_of_sales(model: MineralMarket, plant: str, weeks: int = 10) -> list[tuple[int, int]]:
    """Run some weeks; NdPr that a plant sold on the spot market [g] and the price in China [ticks], week by week."""
    row, sales = model.world.refiners.row_named(plant), []
    for _ in range(weeks):
        model.step()
        sales.append((int(model.week.trade.sold["Refiner"][NDPR, row]), int(model.market.ticks[NDPR, CN])))
    return sales


def formula(**terms: float) -> OfftakeContract:
    return OfftakeContract("deal", 0, JP, 0.3, 0, 10, **terms)


@pytest.mark.parametrize(
    ("terms", "index", "price"),
    [
        ({}, 20.0, 20.0),
        ({"index_weight": 0.9, "premium": 1.5}, 20.0, 19.5),
        ({"floor": 30.0}, 20.0, 30.0),
        ({"floor": 30.0}, 40.0, 40.0),
        ({"cap": 60.0}, 200.0, 60.0),
        ({"index_weight": 0.0, "premium": 25.0}, 200.0, 25.0),
    ],
)
def test_the_price_is_the_formula_between_floor_and_cap(terms: dict[str, float], index: float, price: float) -> None:
    assert formula(**terms).formula(index) * index == pytest.approx(price)


@pytest.mark.parametrize(("step", "due"), [(2, False), (3, True), (9, True), (10, False)])
def test_deliveries_are_due_from_the_first_week_to_before_the_end(step: int, due: bool) -> None:
    assert OfftakeContract("deal", 0, JP, 0.3, 3, 10).in_force(step) is due


def test_a_share_of_capacity_is_delivered(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(OFFTAKE, run=1)

    due = int(0.3 * 1000e6 / WEEKS * 0.2 * 0.9)

    assert model.world.contracts.offtakes[0].delivered == pytest.approx(due, abs=1)
    assert model.world.contracts.offtakes[0].missed == 0
    assert model.week.deliveries.inflow[NDPR, JP] == model.world.contracts.offtakes[0].delivered


def test_the_buyers_pay_the_floor_when_the_market_is_lower(tiny_model: Callable[..., MineralMarket]) -> None:
    deal = {"offtake": {"deal": {**OFFTAKE["offtake"]["deal"], "floor_usd_per_kg": 100.0}}}
    model = tiny_model(deal, run=1)

    delivered = model.world.contracts.offtakes[0].delivered

    assert paid(model, "offtake") == pytest.approx(delivered * 100_000, rel=1e-9)


def test_other_materials_keep_their_relation_to_the_index(
    tiny_model: Callable[..., MineralMarket], deliver: Callable[..., Deliveries]
) -> None:
    deal = {"offtake": {"deal": {"mine": "hill", "buyer_zone": "JP", "share": 0.3, "index_weight": 0.5}}}
    model = tiny_model({**deal, "mine": {"hill": {"deposit": "clay", "plant": None}}})
    model.world.miners.plant[model.world.miners.row_named("hill")] = model.world.refiners.row_named("south-plant")

    inflow = deliver(model).inflow

    delivered = inflow[:, JP] @ model.market.price[:, JP]
    assert inflow[DY, JP] > 0
    assert paid(model, "offtake") == pytest.approx(0.5 * delivered * 1000, rel=1e-9)


def test_a_mine_that_stands_still_misses_what_is_due(
    tiny_model: Callable[..., MineralMarket], deliver: Callable[..., Deliveries]
) -> None:
    model = tiny_model(OFFTAKE, run=1)
    contract = model.world.contracts.offtakes[0]
    model.world.miners.stage[model.world.miners.row_named("hill")] = Stage.CARE_AND_MAINTENANCE
    delivered = contract.delivered

    deliver(model)

    assert contract.delivered == delivered
    assert contract.missed == int(0.3 * 1000e6 / WEEKS * 0.2 * 0.9)


def test_delivered_and_missed_add_up_to_what_was_due(tiny_model: Callable[..., MineralMarket]) -> None:
    deal = {"offtake": {"deal": {"mine": "hill", "buyer_zone": "JP", "share": 1.0}}}
    model = tiny_model(deal, run=20, policy=[{"type": "supply_outage", "producers": ["hill"]}])
    contract = model.world.contracts.offtakes[0]

    assert min(contract.missed, contract.delivered) > 0
    assert contract.delivered + contract.missed == 20 * int(1000e6 / WEEKS * 0.2 * 0.9)


def test_a_tied_mine_is_free_when_its_contract_ends(tiny_model: Callable[..., MineralMarket]) -> None:
    deal = {"offtake": {"deal": {**OFFTAKE["offtake"]["deal"], "end": "2010-02-01"}}}
    model = tiny_model(deal, run=4)
    row = model.world.miners.row_named("hill")
    tied = bool(model.world.miners.tied[row])

    model.step()

    assert tied
    assert not model.world.miners.tied[row]
    assert model.world.contracts.offtakes == []


def test_metal_from_a_contract_is_not_bought_again(tiny_model: Callable[..., MineralMarket]) -> None:
    spot = tiny_model(run=3)
    contract = tiny_model({"offtake": {"deal": {**OFFTAKE["offtake"]["deal"], "share": 0.9}}}, run=3)
    into_japan = spot.world.network.destination == JP

    bought = [model.recorder.flow[:3, NDPR, into_japan].sum() for model in (contract, spot)]

    assert bought[0] < bought[1]


def test_an_offtake_across_an_embargo_is_force_majeure(tiny_model: Callable[..., MineralMarket]) -> None:
    deal = {"offtake": {"deal": {"mine": "north", "buyer_zone": "JP", "share": 0.1}}}
    model = tiny_model(deal, run=3, policy=[{"type": "embargo", "origin": "CN", "destination": "JP"}])

    assert model.week.deliveries.inflow[NDPR, JP] == 0


def test_a_mine_without_a_plant_cannot_deliver_from_somebody_elses(tiny_model: Callable[..., MineralMarket]) -> None:
    lakes = {"mine": {"lake": None, "ridge": None}, "refinery": {"lake-plant": None, "ridge-plant": None}}
    deal = {"offtake": {"deal": {"mine": "clays", "buyer_zone": "JP", "share": 0.1}}}
    model = tiny_model({**lakes, **deal}, run=1)

    assert model.week.deliveries.inflow.sum() == 0


def test_the_state_pays_the_gap_to_the_floor_on_what_was_sold(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(policy=[FLOOR])

    due = sum(sold * (50_000 - ticks) for sold, ticks in weeks_of_sales(model, "north-plant 1"))

    assert due > 0
    assert paid(model, "price floor") == due
    assert paid(model, "price floor budget") == due


def test_a_floor_covers_no_more_than_its_tonnes(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(policy=[{**FLOOR, "tonnes_per_year": 10.0}])

    sales = weeks_of_sales(model, "north-plant 1")

    covered = [(min(sold, 10e6 / WEEKS), 50_000 - ticks) for sold, ticks in sales]
    assert any(sold > 10e6 / WEEKS for sold, _ in sales)
    assert paid(model, "price floor") == pytest.approx(sum(grams * gap for grams, gap in covered), rel=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_above_the_floor_the_state_gets_its_share(tiny_model: Callable[..., MineralMarket], share: float) -> None:
    model = tiny_model(policy=[{**FLOOR, "floor": 5.0, "upside_share": share}])

    gain = sum(sold * (ticks - 5_000) for sold, ticks in weeks_of_sales(model, "north-plant 1"))

    assert gain > 0
    assert -paid(model, "price floor") == pytest.approx(share * gain, abs=10)
    assert paid(model, "price floor budget") == 0


def test_a_floor_is_paid_once_when_two_mines_share_a_plant(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"refinery": {"north-plant": {"count": 1}}}, policy=[{**FLOOR, "project": "north"}])

    due = sum(sold * (50_000 - ticks) for sold, ticks in weeks_of_sales(model, "north-plant"))

    assert paid(model, "price floor") == due > 0


def _band(**terms: Any) -> dict[str, Any]:
    return {
        "type": "band_purchase",
        "actor": "jogmec",
        "materials": ["NdPr"],
        "low_price": 30.0,
        "high_price": 90.0,
        **terms,
    }


def test_a_band_for_named_producers_buys_at_its_floor(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=1, policy=[_band(producers=["hill"], weekly_share=0.1)])
    body = model.world.state_buyers

    bought = int(body.stock[NDPR, 0])

    assert bought > 0
    assert paid(model, "band purchase") == bought * 30_000


def test_a_band_buys_no_more_a_week_than_its_share_from_all_producers(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    model = tiny_model(policy=[_band(producers=["north"], weekly_share=0.02)])
    most = 0.02 * model.market.zone_use[NDPR, JP]
    model.step()

    assert 0 < model.world.state_buyers.stock[NDPR, 0] <= most * 1.1


def test_a_body_without_money_buys_nothing(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"state_buyer": {"jogmec": {"budget_musd": 0.0}}}, run=4, policy=[_band(producers=["hill"])])

    assert not model.world.state_buyers.stock.any()
    np.testing.assert_array_equal(model.world.state_buyers.cash, 0)


def test_the_weeks_before_the_record_do_not_count(tiny_model: Callable[..., MineralMarket]) -> None:
    late = {"time": {"record_from": "2010-02-01"}}
    model = tiny_model({**OFFTAKE, **late}, run=6)
    contract = model.world.contracts.offtakes[0]

    week = int(0.3 * 1000e6 / WEEKS * 0.2 * 0.9)

    assert contract.delivered + contract.missed == 2 * week


def test_contracts_come_back_from_a_copy(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(
        {"offtake": {"old": {**OFFTAKE["offtake"]["deal"], "end": "2010-02-01"}, **OFFTAKE["offtake"]}}, run=6
    )

    other = copy.deepcopy(model)

    signed = other.world.contracts.signed
    assert [(contract.name, contract.ended) for contract in signed] == [("deal", False), ("old", True)]
    assert signed[0] is other.world.contracts.offtakes[0]
    assert signed[0] is not model.world.contracts.signed[0]
    assert signed[0].delivered == model.world.contracts.signed[0].delivered > 0


def test_a_body_never_pays_more_than_it_has(
    tiny_model: Callable[..., MineralMarket], deliver: Callable[..., Deliveries]
) -> None:
    model = tiny_model({"state_buyer": {"jogmec": {"budget_musd": 0.001}}}, policy=[_band(producers=["hill", "north"])])
    for policy in model.scenario.policy:
        policy.enact(model.world.regime)
    model.world.market.zone_use[:, JP] *= 1000

    bought = deliver(model).bought

    assert bought[NDPR, 0] > 0
    assert 0 <= model.world.state_buyers.cash[0] < 30_000
