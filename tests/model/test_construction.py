"""Building a market from a scenario: who owns which plant, who holds what at the start."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.model import MineralMarket

RIDGE = {
    "zone": "RW",
    "deposit": "clay",
    "capacity_t_per_year": (400.0, 400.0),
    "cost_usd_per_kg": (3.0, 3.0),
    "status": "permitted",
    "plant": "ridge-plant",
}


def test_mines_of_one_group_get_a_plant_each(tiny_model: Callable[..., MineralMarket]) -> None:
    world = tiny_model().world

    plants = [world.refiners.name[world.miners.plant[world.miners.row_named(name)]] for name in ("north 1", "north 2")]

    assert plants == ["north-plant", "north-plant 2"]


def test_mines_of_two_groups_get_a_plant_each(tiny_model: Callable[..., MineralMarket]) -> None:
    miners = tiny_model({"mine": {"ridge-2": RIDGE}, "refinery": {"ridge-plant": {"count": 2}}}).world.miners

    plants = [int(miners.plant[miners.row_named(name)]) for name in ("ridge", "ridge-2")]

    assert plants[0] != plants[1]


def test_a_group_of_makers_uses_what_its_row_says(tiny_model: Callable[..., MineralMarket]) -> None:
    makers = tiny_model().world.manufacturers
    japan = makers.group == "magnets-jp"

    np.testing.assert_allclose(makers.use[:, japan].sum(axis=1) * 52.1775 / 1e6, [35.0, 550.0])


def test_makers_start_with_their_normal_cover(tiny_model: Callable[..., MineralMarket]) -> None:
    makers = tiny_model().world.manufacturers

    np.testing.assert_array_equal(makers.stock, np.floor(makers.use * makers.base_cover))
    assert ((makers.base_cover >= 7) & (makers.base_cover <= 13)).all()


def test_traders_share_the_capital_of_their_group(tiny_model: Callable[..., MineralMarket]) -> None:
    traders = tiny_model().world.speculators

    totals = {group: int(traders.cash[traders.group == group].sum()) for group in ("ndpr-cn", "ndpr-jp", "dy-rw")}

    assert totals == pytest.approx({"ndpr-cn": 2e12, "ndpr-jp": 1e12, "dy-rw": 1e12}, abs=10)


def test_a_body_that_is_not_enabled_is_not_there(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(
        {"state_buyer": {"jogmec": {"enabled": False}}}, run=2, policy=[{"type": "stockpile", "actor": "jogmec"}]
    )

    assert len(model.world.state_buyers) == 0


def test_prices_start_inside_and_outside_the_gate(tiny_model: Callable[..., MineralMarket]) -> None:
    market = tiny_model().market

    assert market.materials == ["Dy", "NdPr"]
    assert market.nodes == ["CN", "JP", "RW", "CN export"]
    assert market.ticks.tolist() == [[90000, 108000, 108000, 108000], [16000, 19200, 19200, 19200]]


def test_costs_spread_evenly_stay_in_order(tiny_model: Callable[..., MineralMarket]) -> None:
    even = {"mine": {"north": {"count": 6, "spread": "even"}}, "refinery": {"north-plant": {"count": 6}}}
    miners = tiny_model(even).world.miners
    north = miners.group == "north"

    assert (np.diff(miners.start_cost[north]) > 0).all()
