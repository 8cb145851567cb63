"""Where concentrate goes: own plants first, then where it earns most; what is paid; what embargoes let pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.market.shipping import Shipped
from market_abm.model import MineralMarket
from market_abm.week_plan import Verb

MODEL = Callable[..., MineralMarket]
CAPACITY = int(8000e6 / 52.1775)  # of a north plant [g/week]
SELLER: dict[str, Any] = {
    "mine": {"hill": {"plant": None, "finance": "corporate"}, "lake": None},
    "refinery": {"hill-plant": None, "lake-plant": None},
    "link": [
        {"origin": "CN", "destination": "JP", "transit_weeks": 2},
        {"origin": "RW", "destination": "JP", "transit_weeks": 3},
        {"origin": "RW", "destination": "CN", "transit_weeks": 2, "freight_factor": 1.5},
    ],
}
"""A mine abroad that has only plants behind the gate to sell to."""


def give(model: MineralMarket, name: str, grams: int) -> int:
    """Put concentrate on a mine's heap; returns its row."""
    world, row = model.world, model.world.miners.row_named(name)
    accounts, group = world.accounts, world.accounts.group(world.miners)
    world.ledger.move("test", accounts.concentrate_row, accounts.ground, group, grams, 0, row)
    return row


def ship(model: MineralMarket) -> Shipped:
    plan, world, week = model.verbs, model.world, model.week
    for name in ("value_promises", "appraise_concentrate"):
        plan[plan.place(name)].run(world, week)
    Verb(plan[plan.place("ship_concentrate")].function, "shipped").run(world, week)
    return week.shipped


def test_the_own_plant_is_served_first(tiny_model: MODEL) -> None:
    model = tiny_model()
    row = give(model, "north 1", 5_000_000)

    sent = ship(model)

    assert sent.own[row] == 5_000_000
    assert not sent.outside[row].any()


def test_what_the_own_plant_cannot_take_goes_elsewhere(tiny_model: MODEL) -> None:
    model = tiny_model()
    row = give(model, "north 1", 250_000_000)

    sent = ship(model)

    assert sent.own[row] == CAPACITY
    assert sent.outside[row, model.world.concentrate.groups.index("south-plant")] > 0


def test_a_mine_tied_to_its_plant_keeps_what_does_not_fit(tiny_model: MODEL) -> None:
    model = tiny_model()
    row = give(model, "north 1", 250_000_000)
    model.world.miners.tied[row] = True

    sent = ship(model)

    assert not sent.outside[row].any()
    assert model.world.miners.concentrate[row] == 250_000_000 - CAPACITY


def test_mines_that_share_a_plant_share_its_room_by_what_they_have(tiny_model: MODEL) -> None:
    model = tiny_model({"refinery": {"north-plant": {"count": 1}}})
    first, second = give(model, "north 1", 300_000_000), give(model, "north 2", 100_000_000)

    own = ship(model).own

    assert own[first] + own[second] == CAPACITY
    assert own[first] == pytest.approx(3 * own[second], abs=3)


def test_an_outage_takes_room_from_a_plant(tiny_model: MODEL) -> None:
    model = tiny_model()
    row = give(model, "north 1", 250_000_000)
    model.world.regime.cut_supply(["north-plant"], 0.25)

    assert ship(model).own[row] == int(0.25 * 8000e6 / 52.1775)


def test_plants_pay_by_the_gram_in_whole_ticks_rounded_down(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    world, grams = model.world, 7_000_001
    row = give(model, "hill", grams)
    plants, mines = (int(population.cash.sum()) for population in (world.refiners, world.miners))

    sent = ship(model).outside[row]

    group = int(np.flatnonzero(sent)[0])
    ticks = int(np.floor(model.week.appraised.offer[row, group] * 1000))
    freight = int(np.rint(grams * 1000 * float(world.concentrate.ways.freight.max())))
    assert sent.sum() == grams
    assert world.miners.cash.sum() - mines == ticks * grams
    assert plants - world.refiners.cash.sum() == ticks * grams + freight


def test_concentrate_is_under_way_for_its_weeks_and_split_by_capacity(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    world, grams = model.world, 7_000_001
    row = give(model, "hill", grams)
    group = int(np.flatnonzero(ship(model).outside[row])[0])
    takes = world.refiners.group_index == group

    feed = world.feed.grams[2]
    assert feed.sum() == grams == world.feed.grams.sum()
    assert np.ptp(feed[takes]) <= 1
    assert world.feed.content.sum() == pytest.approx(0.2 * grams)
    assert world.feed.cost.sum() == pytest.approx(grams * world.miners.cash_cost[row])
    np.testing.assert_array_equal(world.accounts.feed.mass[world.accounts.concentrate_row], feed)


def test_the_clearing_house_ends_empty(tiny_model: MODEL) -> None:
    model = tiny_model()
    for name in ("north 1", "north 2", "clays", "hill"):
        give(model, name, 123_456_789)

    ship(model)

    assert not model.world.accounts.house.mass.any()
    assert not model.world.accounts.house.money.any()


def test_of_an_embargo_the_leak_passes(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    world = model.world
    row = give(model, "hill", 10**9)
    world.regime.embargo("RW", "CN", [], 0.05, 0.0)

    sent = ship(model).outside[row]

    light = world.refiners.takes_light & world.refiners.operating
    assert sent.sum() == pytest.approx(0.05 * world.refiners.capacity[light].sum(), abs=2)


def test_an_embargo_on_other_materials_stops_no_concentrate(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    row = give(model, "hill", 9_000_000)
    model.world.regime.embargo("RW", "CN", ["Dy"], 0.0, 0.0)

    assert ship(model).outside[row].sum() == 9_000_000


def test_all_that_is_mined_is_separated_stored_lost_or_still_there(tiny_model: MODEL) -> None:
    world = tiny_model(run=20).world
    accounts, groups = world.accounts, world.ledger.groups
    row = accounts.concentrate_row
    holders = ("Miner", "IllegalMiner", "concentrate reserve", "concentrate under way")

    there = sum(int(groups[name].mass[row].sum()) for name in holders)
    separated = int(accounts.separation.mass[row].sum()) + int(accounts.losses.mass[row].sum())
    oxide = -int(accounts.separation.mass[: len(world.materials)].sum())

    assert -int(accounts.ground.mass[row].sum()) == there + separated
    assert accounts.separation.mass[row].sum() == oxide


@pytest.mark.parametrize("tonnes", [1e-9, 1e-3])
def test_a_plant_of_next_to_nothing_changes_next_to_nothing(tiny_model: MODEL, tonnes: float) -> None:
    plant = {"zone": "RW", "capacity_t_per_year": tonnes, "fee_usd_per_kg": 0.1, "surplus_to_mine": 1.0}
    without, withal = tiny_model(run=30), tiny_model({"refinery": {"a-plant": plant}}, run=30)

    mined = [model.recorder.mining[:30].sum(axis=0) for model in (without, withal)]

    np.testing.assert_allclose(mined[1], mined[0], rtol=1e-3)
