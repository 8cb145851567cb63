"""Miners: cost, route and output, worked by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.life import Stage
from market_abm.agents.population import Population
from market_abm.model import MineralMarket
from market_abm.world import World

BY_HAND = {
    "parameters": {
        "miner": {
            "shutdown_ratio": 0.85,
            "utilisation_band": 0.35,
            "response": 0.08,
            "response_home": 0.12,
            "stock_curb": 0.05,
            "ramp_weeks": 60.0,
            "expansion": 0.07,
            "entry_speed": 0.5,
            "entry_margin": 1.15,
            "enforcement_leak": 0.5,
            "depletion": 0.2,
            "overrun_response": 0.4,
        }
    }
}
CN = 0


@pytest.fixture
def world(tiny_model: Callable[..., MineralMarket]) -> World:
    return tiny_model(BY_HAND).world


@pytest.fixture(scope="module")
def steady(tiny_model: Callable[..., MineralMarket]) -> World:
    """World whose mines have seen a price, for properties that leave it as it was."""
    return tiny_model(run=3).world


def pay(miners: Population, revenue_over_cost: float) -> None:
    """Let every mine earn so much over its mining cost, away from its own plant."""
    miners.plant[:] = -1
    miners.cash_cost[:] = miners.mining_cost()
    miners.outside_value[:] = revenue_over_cost * miners.cash_cost


def test_cost_follows_the_index_the_charge_and_depth(world: World) -> None:
    miners = world.miners
    row = miners.row_named("hill")
    world.market.cost_index[:] = 1.5
    world.regime.mining_charge[:] = 0.2
    miners.reserve[row] = miners.start_reserve[row] / 4

    assert miners.full_cost()[row] == pytest.approx(2.0 * 1.5 * 1.2 * 4**0.2)
    assert miners.mining_cost()[row] == pytest.approx(0.45 * 2.0 * 1.5 * 1.2 * 4**0.2)


def test_illegal_pits_pay_no_charge(world: World) -> None:
    diggers = world.illegal_miners
    before = diggers.full_cost()

    world.regime.mining_charge[:] = 0.5

    np.testing.assert_array_equal(diggers.full_cost(), before)


def test_a_mine_without_a_reserve_in_its_file_never_gets_deeper(world: World) -> None:
    miners = world.miners
    row = miners.row_named("north 1")

    assert miners.full_cost()[row] == pytest.approx(miners.start_cost[row])


def test_ore_goes_where_it_earns_more(world: World) -> None:
    miners = world.miners
    row = miners.row_named("north 1")
    miners.home_value[:], miners.outside_value[:] = 3.0, 2.0
    at_home = miners.goes_home()[row]

    miners.outside_value[:] = 4.0

    assert at_home
    assert not miners.goes_home()[row]


def test_a_contract_ties_ore_to_the_own_plant(world: World) -> None:
    miners = world.miners
    row = miners.row_named("north 1")
    miners.home_value[:], miners.outside_value[:] = 3.0, 4.0

    miners.tied[row] = True

    assert miners.goes_home()[row]


def test_no_ore_goes_to_a_plant_that_does_not_run(world: World) -> None:
    miners = world.miners
    miners.home_value[:], miners.outside_value[:] = 9.0, 0.0
    miners.tied[:] = True

    assert not miners.goes_home()[miners.row_named("lake")]
    assert not miners.goes_home()[miners.row_named("clays")]


@pytest.mark.parametrize(("revenue", "wanted"), [(0.85, 0.0), (0.5, 0.0), (1.025, 0.5), (1.2, 1.0), (9.0, 1.0)])
def test_output_moves_to_what_the_margin_allows(world: World, revenue: float, wanted: float) -> None:
    miners = world.miners
    miners.avoidable_cost_share[:] = 1.0
    pay(miners, revenue)
    miners.utilisation[:] = 0.5
    quota, free = miners.row_named("clays"), miners.row_named("hill")

    utilisation = miners.next_utilisation()

    assert utilisation[quota] == pytest.approx(0.5 + 0.12 * (wanted - 0.5))
    assert utilisation[free] == pytest.approx(0.5 + 0.08 * (wanted - 0.5))


def test_a_by_product_mine_stops_only_below_its_avoidable_cost(world: World) -> None:
    miners = world.miners
    pay(miners, 0.9)
    miners.avoidable_cost_share[:] = 0.6

    running = miners.utilisation > 0
    assert (miners.next_utilisation() > miners.utilisation)[running].all()


def test_unsold_oxide_curbs_output(world: World) -> None:
    miners = world.miners
    pay(miners, 9.0)
    miners.utilisation[:], miners.unsold[:] = 1.0, 12.0

    assert miners.next_utilisation()[miners.row_named("clays")] == pytest.approx(1 - 0.12 * 0.5)


def test_ramp_up_starts_again_after_a_stop(world: World) -> None:
    miners = world.miners
    row = miners.row_named("hill")
    miners.ramp[row] = 0.5
    climbing = miners.next_ramp()[row]

    miners.stage[row] = Stage.CARE_AND_MAINTENANCE

    assert climbing == pytest.approx(0.5 + 1 / 60)
    assert miners.next_ramp()[row] == 0.0


def test_output_is_capacity_times_what_is_used_of_it(world: World) -> None:
    miners = world.miners
    row = miners.row_named("hill")
    miners.outage_left[row] = 0.25
    output = miners.possible_output(next_ramp=0.5, next_utilisation=0.8, next_scale=1.1)

    assert output[row] == pytest.approx(1000e6 / 52.1775 * 0.5 * 0.8 * 1.1 * 0.25)


def test_nobody_digs_more_than_is_in_the_ground(world: World) -> None:
    miners = world.miners
    row = miners.row_named("hill")

    miners.reserve[row] = 77

    assert miners.possible_output()[row] == 77


def test_only_an_operating_mine_digs(world: World) -> None:
    miners = world.miners
    miners.utilisation[:], miners.ramp[:] = 1.0, 1.0

    digs = miners.possible_output() > 0

    np.testing.assert_array_equal(digs, miners.stage == Stage.OPERATING)


def test_a_full_mine_under_quota_expands_by_seven_percent_a_year(world: World) -> None:
    miners = world.miners
    miners.utilisation[:] = 1.0

    scale = miners.next_scale()

    assert scale[miners.row_named("clays")] ** 52.1775 == pytest.approx(np.exp(0.07))
    assert scale[miners.row_named("hill")] == 1.0


def test_diggers_enter_with_the_margin_and_leave_without(world: World) -> None:
    diggers = world.illegal_miners
    pay(diggers, 1.65)
    entering = diggers.next_scale()
    pay(diggers, 0.95)

    leaving = diggers.next_scale()

    np.testing.assert_allclose(entering, np.exp(0.5 * 0.5 / 52.1775))
    np.testing.assert_allclose(leaving, np.exp(-0.2 * 0.5 / 52.1775))


def test_high_margins_corrupt_enforcement(world: World) -> None:
    diggers = world.illegal_miners
    world.regime.crackdown[CN] = 0.6
    pay(diggers, 1.15)
    honest = diggers.capacity_left()
    pay(diggers, 3.15)

    np.testing.assert_allclose(honest, 1 - 0.6)
    np.testing.assert_allclose(diggers.capacity_left(), 1 - 0.6 / (1 + 0.5 * 2.0))


@given(low=st.floats(0.0, 20.0), high=st.floats(0.0, 20.0))
def test_a_better_margin_never_lowers_output(steady: World, low: float, high: float) -> None:
    low, high = sorted((low, high))
    answers = []
    for revenue in (low, high):
        pay(steady.miners, revenue)
        pay(steady.illegal_miners, revenue)
        answers.append((steady.miners.next_utilisation(), steady.illegal_miners.next_scale()))

    assert (answers[0][0] <= answers[1][0]).all()
    assert (answers[0][1] <= answers[1][1]).all()


@given(shallow=st.floats(0, 1), deep=st.floats(0, 1))
def test_a_deeper_crackdown_never_raises_illegal_output(steady: World, shallow: float, deep: float) -> None:
    shallow, deep = sorted((shallow, deep))
    crackdown = steady.regime.crackdown

    crackdown[CN] = shallow
    before = steady.illegal_miners.possible_output()
    crackdown[CN] = deep
    after = steady.illegal_miners.possible_output()
    crackdown[CN] = 0.0

    assert (after <= before).all()


@pytest.mark.parametrize(("margin", "overrun"), [(0.7, 0.0), (1.5, 0.0), (2.0, 0.2), (9.0, 0.3)])
def test_mines_overrun_their_quota_in_a_boom_within_limits(world: World, margin: float, overrun: float) -> None:
    np.testing.assert_allclose(world.miners.overrun(quota_margin=margin), overrun)
