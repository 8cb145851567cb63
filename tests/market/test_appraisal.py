"""What concentrate is worth: at the own plant and elsewhere, under embargoes, with plants of every size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.miner import NOWHERE
from market_abm.market.appraisal import Appraised
from market_abm.model import MineralMarket

MODEL = Callable[..., MineralMarket]
SELLER: dict[str, Any] = {
    "mine": {"hill": {"plant": None}, "lake": None},
    "refinery": {"hill-plant": None, "lake-plant": None},
}
"""A mine abroad that has only plants behind the gate to sell to."""


def appraise(model: MineralMarket) -> Appraised:
    for name in ("value_promises", "appraise_concentrate"):
        model.verbs[model.verbs.place(name)].run(model.world, model.week)
    return model.week.appraised


def outside(model: MineralMarket, name: str) -> float:
    appraise(model)
    return float(model.world.miners.outside_value[model.world.miners.row_named(name)])


def with_plant(**changes: Any) -> dict[str, Any]:
    """Add a plant abroad that is so good that every mine would sell to it."""
    plant = {"zone": "RW", "capacity_t_per_year": 9000.0, "fee_usd_per_kg": 0.1, "surplus_to_mine": 1.0}
    return {"refinery": {"a-plant": plant | changes}}


def test_concentrate_is_worth_its_oxides_less_fee_and_freight(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners = model.world.miners
    appraise(model)

    assert miners.home_value[miners.row_named("hill")] == pytest.approx(0.2 * 0.9 * 19.2 + 0.3 - 1.2)


def test_a_mine_without_plant_gets_its_cost_and_half_the_surplus(tiny_model: MODEL) -> None:
    value = 0.9 * (0.2 * 16.0 + 0.04 * 90.0) + 0.3 - 1.5
    cost = 0.45 * 3.5

    assert outside(tiny_model(), "clays") == pytest.approx(cost + 0.5 * (value - cost))


def test_a_plant_takes_only_what_it_can_separate(tiny_model: MODEL) -> None:
    model = tiny_model({"refinery": {"ridge-plant": {"status": "operating"}}})
    miners, groups = model.world.miners, model.world.concentrate.groups
    surplus = appraise(model).surplus[: miners.size]

    assert (surplus[miners.heavy][:, groups.index("north-plant")] == NOWHERE).all()
    assert (surplus[~miners.heavy][:, groups.index("ridge-plant")] == NOWHERE).all()


def test_a_gated_zone_keeps_its_concentrate(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners, groups = model.world.miners, model.world.concentrate.groups
    inside = miners.zone == model.world.zones.index("CN")

    assert (appraise(model).surplus[: miners.size][inside, groups.index("hill-plant")] == NOWHERE).all()


def test_mines_hear_of_outages_and_of_plants_that_run(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners, plants = model.world.miners, model.world.refiners
    model.world.regime.cut_supply(["hill", "north-plant"], 0.25)
    appraise(model)

    assert miners.outage_left[miners.row_named("hill")] == 0.25
    assert (plants.capacity_left == np.where(plants.group == "north-plant", 0.25, 1.0)).all()
    assert miners.plant_running[miners.row_named("hill")]
    assert not miners.plant_running[miners.row_named("lake")]


def test_a_subsidy_makes_concentrate_worth_more_at_home(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners = model.world.miners
    row = miners.row_named("hill")
    model.world.regime.fee_subsidy[miners.zone[row]] = 0.5
    appraise(model)

    assert miners.home_fee[row] == pytest.approx(0.6)
    assert miners.home_value[row] == pytest.approx(0.2 * 0.9 * 19.2 + 0.3 - 0.6)


def test_promises_count_at_the_own_plant(tiny_model: MODEL) -> None:
    model = tiny_model()
    miners = model.world.miners
    appraise(model)
    before = miners.home_value.copy()
    model.week.promises = np.linspace(0.0, 1.0, miners.size)

    model.verbs[model.verbs.place("appraise_concentrate")].run(model.world, model.week)

    np.testing.assert_array_equal(miners.home_value, before + model.week.promises)


# -- embargoes ---------------------------------------------------------------------------------------
def test_an_embargo_stops_concentrate_that_holds_the_material(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    before = outside(model, "hill")
    model.world.regime.embargo("RW", "CN", ["NdPr"], 0.0, 0.0)

    assert before > 0
    assert outside(model, "hill") == NOWHERE


def test_an_embargo_on_another_material_lets_concentrate_pass(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    before = outside(model, "hill")
    model.world.regime.embargo("RW", "CN", ["Dy"], 0.0, 0.0)

    assert outside(model, "hill") == before


def test_an_embargo_that_leaks_leaves_a_way(tiny_model: MODEL) -> None:
    model = tiny_model(SELLER)
    before = outside(model, "hill")
    model.world.regime.embargo("RW", "CN", [], 1e-4, 0.0)

    assert 0 < outside(model, "hill") < 0.1 * before


# -- plants of every size ----------------------------------------------------------------------------
@pytest.mark.parametrize("tonnes", [1e-9, 1e-6])
def test_a_plant_without_room_changes_nothing(tiny_model: MODEL, tonnes: float) -> None:
    without, withal = tiny_model(), tiny_model(with_plant(capacity_t_per_year=tonnes))
    appraise(without)
    appraise(withal)

    for column in ("home_value", "outside_value", "cash_cost"):
        np.testing.assert_array_equal(withal.world.miners.columns[column], without.world.miners.columns[column])


def test_a_small_plant_changes_little_and_a_large_one_much(tiny_model: MODEL) -> None:
    values = [outside(tiny_model(SELLER), "hill")]
    for tonnes in (0.1, 1.0, 50.0, 100.0, 9000.0):
        added = with_plant(capacity_t_per_year=tonnes)["refinery"]
        values.append(outside(tiny_model({**SELLER, "refinery": {**SELLER["refinery"], **added}}), "hill"))

    assert values[1] == pytest.approx(values[0], rel=0.01)
    assert values == sorted(values)
    assert values[-1] == values[-2] > 1.2 * values[0]


def test_like_plants_of_a_group_give_their_own_terms_to_the_last_bit(tiny_model: MODEL) -> None:
    one = tiny_model({"refinery": {"south-plant": {"surplus_to_mine": 0.3, "count": 1}}})
    many = tiny_model({"refinery": {"south-plant": {"surplus_to_mine": 0.3, "count": 7}}})

    assert outside(one, "clays") == outside(many, "clays")
