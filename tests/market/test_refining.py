"""Plants at work: oxide in whole grams, fees, subsidies, and the averages by which plants know themselves."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.agents.refiner import USUAL_WEEKS
from market_abm.market.feed import send
from market_abm.market.refining import Refined
from market_abm.model import MineralMarket
from market_abm.world import Week

MODEL = Callable[..., MineralMarket]
GRAMS = 1_000_003


def feed(model: MineralMarket, name: str, week: int = 0) -> int:
    """Let concentrate with a fifth of each oxide be under way to a plant; returns its row."""
    world, row = model.world, model.world.refiners.row_named(name)
    accounts = world.accounts
    send(world.feed.under_way, week, row, GRAMS, np.full(len(world.materials), 0.2 * GRAMS), 2.0 * GRAMS, 1.0)
    world.ledger.move("test", accounts.concentrate_row, accounts.ground, accounts.feed, GRAMS, 0, row)
    return row


def refine(model: MineralMarket) -> Refined:
    model.verbs[model.verbs.place("refine")].run(model.world, model.week)
    return model.week.refined


def test_each_oxide_is_made_in_whole_grams_and_the_rest_is_lost(tiny_model: MODEL) -> None:
    model = tiny_model()
    world = model.world
    before = world.refiners.stock.copy()
    row = feed(model, "south-plant")
    refined = refine(model)

    assert refined.intake[row] == GRAMS == refined.intake.sum()
    assert refined.oxide[:, row].tolist() == [int(0.2 * GRAMS * 0.9)] * 2
    np.testing.assert_array_equal(world.refiners.stock, before + refined.oxide)
    np.testing.assert_array_equal(world.refiners.offered, world.refiners.stock)
    lost = world.accounts.losses.mass[world.accounts.concentrate_row].sum()
    assert lost == GRAMS - refined.oxide.sum()


def test_what_arrives_is_separated_once_and_in_its_week(tiny_model: MODEL) -> None:
    model = tiny_model()
    feed(model, "south-plant", week=2)
    arrivals = []
    for week in range(6):
        model.week = Week(week, model.today)
        arrivals.append(int(refine(model).intake.sum()))

    assert arrivals == [0, 0, GRAMS, 0, 0, 0]
    assert not model.world.feed.content.any()


def test_plants_pay_for_separation_and_states_pay_a_part(tiny_model: MODEL) -> None:
    model = tiny_model()
    world = model.world
    row = feed(model, "south-plant")
    world.regime.fee_subsidy[world.refiners.zone[row]] = 0.4
    before, treasury = int(world.refiners.cash[row]), int(world.accounts.treasury.money.sum())
    refine(model)

    fee, credit = round(GRAMS * 1500), round(GRAMS * 300)
    assert treasury - world.accounts.treasury.money.sum() == pytest.approx(0.4 * fee, abs=1)
    assert world.refiners.cash[row] - before == pytest.approx(credit - 0.6 * fee, abs=1)


def test_unit_cost_follows_feed_and_fee(tiny_model: MODEL) -> None:
    model = tiny_model()
    plants = model.world.refiners
    row = feed(model, "south-plant")
    before = plants.unit_cost.copy()
    refine(model)

    assert plants.unit_cost[row] == pytest.approx(before[row] + (2.0 + 1.5 - before[row]) / 8)
    others = np.arange(plants.size) != row
    np.testing.assert_array_equal(plants.unit_cost[others], before[others])


def test_usual_sales_follow_what_left_the_stock(tiny_model: MODEL) -> None:
    model = tiny_model()
    plants = model.world.refiners
    for _ in range(30):
        sold, before = plants.offered - plants.stock, plants.usual_sales.copy()
        model.step()
        np.testing.assert_allclose(plants.usual_sales, before + (np.maximum(sold, 0) - before) / USUAL_WEEKS)
    assert (plants.usual_sales > 0).any()


def test_no_plant_starts_with_more_than_it_can_treat(tiny_model: MODEL) -> None:
    plant = {"zone": "RW", "capacity_t_per_year": 1e-6, "fee_usd_per_kg": 1.0}
    changes = {
        "mine": {"hill": {"plant": None}, "lake": None},
        "refinery": {"hill-plant": None, "lake-plant": None, "a-plant": plant},
    }
    plants = tiny_model(changes).world.refiners

    assert (plants.usual_intake <= plants.capacity).all()
