"""Refiners: what they ask for their oxide, worked by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.population import Population
from market_abm.agents.refiner import COST_WEEKS, USUAL_WEEKS, paid_for_concentrate
from market_abm.core.units import WEEKS_PER_YEAR
from market_abm.model import MineralMarket

CALM = {
    "parameters": {
        "refiner": {
            "ask_noise": 0.0,
            "cover_slope": 0.04,
            "target_cover": 2.135,
            "ask_rise": 0.05,
            "ask_fall": 0.07,
            "withholding": 0.08872,
            "cost_floor": (0.6, 0.95),
            "floor_slope": 0.02,
            "holding_return": 0.6,
            "other_credit_usd_per_kg": 0.3,
        }
    }
}
DY, NDPR, CN = 0, 1, 0  # rows are sorted by name


@pytest.fixture
def plants(tiny_model: Callable[..., MineralMarket]) -> Population:
    return tiny_model(CALM).world.refiners


@pytest.fixture(scope="module")
def steady(tiny_model: Callable[..., MineralMarket]) -> Population:
    return tiny_model(CALM).world.refiners


def hold(plants: Population, cover_units: float) -> None:
    """Give every plant so many four-week units of usual sales, by entries in the ledger."""
    world = plants.home
    wanted = np.rint(4.0 * cover_units * plants.usual_sales).astype(np.int64)
    opening, group = world.accounts.opening, world.accounts.group(plants)
    world.ledger.move_all("test", opening, group, wanted - plants.stock, source_row=0)


def north(plants: Population) -> int:
    """Row of a plant inside the gate, which separates NdPr alone."""
    return plants.row_named("north-plant 1")


def limits(plants: Population) -> np.ndarray:
    """Limits of both halves of the offer, shape (2, materials, plants)."""
    return np.stack([plants.prompt_ask()[0], plants.slow_ask()[0]])


def test_kept_oxide_is_worth_the_usual_price_less_the_return_on_waiting(plants: Population) -> None:
    hold(plants, WEEKS_PER_YEAR / 2 / 4)
    plants.home.market.anchor[:] = 40.0
    working = plants.usual_output > 0

    half_a_year = 40.0 * np.exp(-0.6 / 2)

    np.testing.assert_allclose(plants.storage_value()[working], half_a_year, rtol=1e-5)


def test_no_refiner_sells_below_what_keeping_is_worth(plants: Population) -> None:
    hold(plants, 2.0)
    plants.home.market.anchor[:], plants.home.market.quote[:], plants.home.market.average[:] = 90.0, 20.0, 20.0

    working = np.flatnonzero(plants.usual_output[NDPR] > 0)
    limit = limits(plants)

    for tranche in limit[:, NDPR, working]:
        np.testing.assert_array_equal(tranche, plants.storage_value()[NDPR, working])


def test_an_oxide_that_does_not_pay_its_finishing_stays_in_the_mixture(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    changes = {"parameters": {"refiner": {**CALM["parameters"]["refiner"], "finishing_share": 0.4}}}
    plants = tiny_model(changes).world.refiners
    hold(plants, 2.0)
    plants.home.market.anchor[:], plants.home.market.quote[:], plants.home.market.average[:] = 0.01, 0.01, 0.01

    limit = limits(plants)

    dear = 0.4 * plants.fee * plants.home.market.cost_index[plants.zone]
    np.testing.assert_array_equal(plants.least_price()[DY], dear)
    assert (limit[:, DY] >= dear).all()


def test_cover_counts_weeks_of_sales_in_fours(plants: Population) -> None:
    hold(plants, 3.0)
    working = plants.usual_sales > 0

    np.testing.assert_allclose(plants.cover()[working], 3.0, rtol=1e-5)


def test_a_plant_whose_mines_stand_still_sees_its_cover_shrink_as_it_sells(plants: Population) -> None:
    hold(plants, 3.0)
    plants.usual_output[:] = 0.0
    working = plants.usual_sales > 0

    np.testing.assert_allclose(plants.cover()[working], 3.0, rtol=1e-5)


def test_averages_follow_the_week_at_their_pace(plants: Population) -> None:
    plants.usual_sales[:], plants.usual_intake[:] = 100.0, 200.0

    np.testing.assert_allclose(plants.next_usual_sales(sold=np.full((2, plants.size), 126)), 100 + 26 / USUAL_WEEKS)
    np.testing.assert_allclose(plants.next_usual_intake(intake=np.full(plants.size, 174)), 200 - 26 / USUAL_WEEKS)


def test_unit_cost_moves_to_feed_and_fee_and_stands_still_without_intake(plants: Population) -> None:
    plants.unit_cost[:] = 5.0
    intake = np.where(np.arange(plants.size) == 0, 1000, 0)

    cost = plants.next_unit_cost(intake=intake, feed_cost=intake * 3.0)

    assert cost[0] == pytest.approx(5.0 + (3.0 + plants.fee[0] - 5.0) / COST_WEEKS)
    assert (cost[1:] == 5.0).all()


def test_a_subsidy_pays_a_part_of_separation(plants: Population) -> None:
    plants.home.market.cost_index[:] = 1.5
    plants.home.regime.fee_subsidy[:] = 0.4

    np.testing.assert_allclose(plants.separation_cost(), 1.5 * plants.fee)
    np.testing.assert_allclose(plants.fee_paid(), 0.6 * 1.5 * plants.fee)


@pytest.mark.parametrize(("worth", "paid"), [(5.0, 3.5), (2.0, 2.0), (1.0, 1.0), (-1.0, -1.0)])
def test_an_outside_mine_gets_its_cost_and_a_part_of_the_surplus(worth: float, paid: float) -> None:
    assert paid_for_concentrate(worth, cost=2.0, mine_share=0.5) == paid


def test_at_target_cover_asks_stand_on_the_quote(plants: Population) -> None:
    hold(plants, 2.135)
    plants.unit_cost[:] = 0.0
    plants.home.market.quote[:] = 20.0
    plants.home.market.average[:] = 10.0

    limit = limits(plants)

    np.testing.assert_allclose(limit[0, NDPR, north(plants)], 20.0 * np.exp(-0.01), rtol=1e-5)
    np.testing.assert_allclose(limit[1, NDPR, north(plants)], 15.0 * np.exp(0.02), rtol=1e-5)


def test_a_plant_that_is_short_does_not_ask_last_half_years_price(plants: Population) -> None:
    hold(plants, 2.135 / 2)
    plants.unit_cost[:], plants.home.market.anchor[:] = 0.0, 0.0
    plants.home.market.quote[:], plants.home.market.average[:] = 20.0, 10.0

    limit = limits(plants)

    a_quarter_of_the_way = 17.5 * np.exp(0.04 * 2.135 / 2 + 0.02)
    np.testing.assert_allclose(limit[1, NDPR, north(plants)], a_quarter_of_the_way, rtol=1e-5)


@pytest.mark.parametrize(("units", "step"), [(0.0, 0.05), (3.135, -0.04), (50.0, -0.07)])
def test_asks_lean_against_the_stock_within_limits(plants: Population, units: float, step: float) -> None:
    hold(plants, units)
    plants.unit_cost[:] = 0.0
    plants.home.market.quote[:] = 20.0

    np.testing.assert_allclose(limits(plants)[0, NDPR, north(plants)], 20.0 * np.exp(step - 0.01), rtol=1e-5)


def test_sellers_withhold_while_the_price_rises(plants: Population) -> None:
    hold(plants, 2.135)
    plants.unit_cost[:] = 0.0
    plants.home.market.quote[:] = 20.0
    plants.home.market.trend[NDPR, CN] = 0.7

    np.testing.assert_allclose(limits(plants)[0, NDPR, north(plants)], 20.0 * np.exp(0.08872 * 0.5 - 0.01), rtol=1e-5)


def test_no_ask_falls_below_the_accepted_share_of_cost(tiny_model: Callable[..., MineralMarket]) -> None:
    rules = {**CALM["parameters"]["refiner"], "holding_return": 1e3}  # nothing is kept for later
    plants = tiny_model({"parameters": {"refiner": rules}}).world.refiners
    row = north(plants)
    hold(plants, 12.0)
    plants.home.market.quote[:] = 0.01
    plants.unit_cost[:] = 2.0
    anchor = plants.home.market.anchor[NDPR, CN]
    basket_value = anchor * 0.2 * 0.9

    expected = 2.0 * anchor / (basket_value + 0.3) * (1 - 0.02 * 10)

    assert limits(plants)[0, NDPR, row] == pytest.approx(expected)


def test_joint_cost_is_shared_by_long_run_value(plants: Population) -> None:
    row = plants.row_named("south-plant")
    least, anchor = plants.least_price()[:, row], plants.home.market.anchor[:, CN]
    accepted = np.clip(1 - 0.02 * (plants.cover()[:, row] - 2), 0.6, 0.95)

    assert (least[DY] / accepted[DY]) / (least[NDPR] / accepted[NDPR]) == pytest.approx(anchor[DY] / anchor[NDPR])


def test_the_whole_stock_is_offered_in_two_halves(plants: Population) -> None:
    quantity = np.stack([plants.prompt_ask()[1], plants.slow_ask()[1]])

    np.testing.assert_array_equal(quantity.sum(axis=0), plants.stock)
    assert (np.abs(quantity[0] - quantity[1]) <= 1).all()


@given(less=st.floats(0.0, 60.0), more=st.floats(0.0, 60.0))
def test_fuller_stock_never_raises_asks(steady: Population, less: float, more: float) -> None:
    less, more = sorted((less, more))
    hold(steady, less)
    limit = limits(steady)

    hold(steady, more)

    assert (limits(steady) <= limit * (1 + 1e-12)).all()


@given(cheap=st.floats(0.0, 50.0), dear=st.floats(0.0, 50.0))
def test_dearer_feed_never_lowers_asks(steady: Population, cheap: float, dear: float) -> None:
    cheap, dear = sorted((cheap, dear))
    steady.unit_cost[:] = cheap
    limit = limits(steady)

    steady.unit_cost[:] = dear

    assert (limits(steady) >= limit).all()
