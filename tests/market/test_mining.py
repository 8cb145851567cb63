"""Mines at work: what they dig, what it costs, and what quotas, halts and reserves leave of it."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.market.mining import Mined, halt_share
from market_abm.model import MineralMarket
from market_abm.policy import OutputHalt

MODEL = Callable[..., MineralMarket]
WEEKS = 52.1775
HALT = OutputHalt(name="halt", zone="CN", material="NdPr", output=0.3, weeks=4)


def mine(model: MineralMarket) -> Mined:
    for name in ("value_promises", "appraise_concentrate", "mine"):
        model.verbs[model.verbs.place(name)].run(model.world, model.week)
    return model.week.mined


def bound(model: MineralMarket) -> np.ndarray:
    miners = model.world.miners
    return miners.under_quota & (miners.zone == model.world.zones.index("CN"))


def test_mines_dig_what_they_choose_in_whole_grams(tiny_model: MODEL) -> None:
    model = tiny_model()
    mined = mine(model)

    for miners, grams in zip(model.world.mining, (mined.legal, mined.illegal), strict=True):
        running = miners.stage == Stage.OPERATING
        chosen = miners.capacity * miners.scale * miners.ramp * miners.utilisation * running
        np.testing.assert_allclose(grams, np.floor(chosen), atol=1)
        np.testing.assert_array_equal(miners.concentrate, grams)


def test_mining_costs_go_to_suppliers_and_the_charge_to_the_treasury(tiny_model: MODEL) -> None:
    model = tiny_model()
    world = model.world
    world.regime.mining_charge[:] = 0.25
    before, treasury = world.miners.cash.copy(), int(world.accounts.treasury.money.sum())
    mined = mine(model)

    cost = np.rint(mined.legal * world.miners.cash_cost * 1000.0)
    np.testing.assert_array_equal(before - world.miners.cash, cost)
    assert world.accounts.treasury.money.sum() - treasury == pytest.approx(0.2 * cost.sum(), abs=3)


@pytest.mark.parametrize("family", ["light", "heavy", "all"])
def test_a_quota_holds_for_its_deposits(tiny_model: MODEL, family: str) -> None:
    model = tiny_model()
    free, miners = mine(tiny_model()).legal, model.world.miners
    model.world.regime.limit_mining("CN", family, 300.0)
    mined = mine(model).legal

    limited = bound(model) & {"light": ~miners.heavy, "heavy": miners.heavy, "all": True}[family]
    overrun = miners.overrun(
        quota_margin=np.average(miners.revenue_over_cost()[limited], weights=miners.capacity[limited])
    )
    assert mined[limited].sum() == pytest.approx(300e6 / WEEKS * (1 + overrun[0]), abs=4)
    np.testing.assert_array_equal(mined[~limited], free[~limited])


def test_a_limit_on_all_deposits_comes_after_those_on_some(tiny_model: MODEL) -> None:
    outputs = []
    for limits in ([("light", 3000.0), ("all", 600.0)], [("all", 600.0), ("light", 3000.0)]):
        model = tiny_model({"parameters": {"miner": {"overrun_response": 0.0}}})
        for family, tonnes in limits:
            model.world.regime.limit_mining("CN", family, tonnes)
        outputs.append(mine(model).legal)

    np.testing.assert_array_equal(*outputs)
    assert outputs[0][bound(model)].sum() == pytest.approx(600e6 / WEEKS, abs=4)


def test_a_halt_lets_a_part_of_legal_output_go_on(tiny_model: MODEL) -> None:
    free, model = mine(tiny_model()), tiny_model()
    model.world.regime.watch_price(HALT)
    model.world.government.halts["halt"] = 0
    mined = mine(model)

    share = np.where(bound(model), 0.3, 1.0)
    np.testing.assert_allclose(mined.legal, share * free.legal, atol=1)
    np.testing.assert_array_equal(mined.illegal, free.illegal)


@pytest.mark.parametrize(
    ("zone", "week", "share"), [("CN", 10, 0.3), ("CN", 13, 0.3), ("CN", 14, 1.0), ("JP", 10, 1.0)]
)
def test_a_halt_holds_in_its_zone_for_its_weeks(zone: str, week: int, share: float) -> None:
    assert halt_share(zone, [HALT], {"halt": 10}, week) == share


def test_the_strictest_halt_holds_and_one_that_never_began_does_not() -> None:
    other = HALT.model_copy(update={"name": "other", "output": 0.1})

    assert halt_share("CN", [HALT, other], {"halt": 0}, 1) == 0.3
    assert halt_share("CN", [HALT, other], {"halt": 0, "other": 1}, 1) == 0.1


def test_a_reserve_ends_once(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners = model.world.miners
    row = miners.row_named("hill")
    miners.reserve[row] = 5
    mined = mine(model)

    assert mined.legal[row] == 5
    assert mined.used_up.tolist() == [row]
    miners.stage[row] = Stage.DEPLETED
    assert mine(model).used_up.tolist() == []


def test_a_concentrate_reserve_takes_no_more_than_half_of_light_output(tiny_model: MODEL) -> None:
    model = tiny_model()
    world = model.world
    world.regime.store_concentrate("CN", 1e6)
    mined = mine(model).legal
    light = int(mined[bound(model) & ~world.miners.heavy].sum())

    stored = world.accounts.reserve.mass[world.accounts.concentrate_row]

    assert stored.tolist() == [light // 2, 0, 0]


def test_mines_see_the_unsold_oxide_of_their_own_plant_or_zone(tiny_model: MODEL) -> None:
    model = tiny_model()
    world = model.world
    mine(model)
    plants, miners = world.refiners, world.miners
    price = world.market.price[:, plants.zone]
    held, usual = (plants.stock * price).sum(axis=0), (4 * plants.usual_sales * price).sum(axis=0)
    hill, clays = miners.row_named("hill"), miners.row_named("clays")
    inside = plants.zone == miners.zone[clays]

    assert miners.unsold[hill] == pytest.approx(held[miners.plant[hill]] / usual[miners.plant[hill]])
    assert miners.unsold[clays] == pytest.approx(held[inside].sum() / usual[inside].sum())
