"""Magnets as a material with a market of its own: made from oxides, priced on their cost, traded like any other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.model import MineralMarket

DY, NDPR, MAGNET = range(3)
CN, JP, RW, FOB = range(4)


@pytest.fixture(scope="module")
def market(tiny_model: Callable[..., MineralMarket], magnets: dict[str, Any]) -> MineralMarket:
    return tiny_model(magnets, run=50)


def test_every_magnet_is_made_by_somebody(market: MineralMarket) -> None:
    made = -int(market.world.accounts.making.mass[MAGNET].sum())
    groups = ("Manufacturer", "under way", "Speculator", "StateBuyer", "scrap", "goods in use", "losses")

    elsewhere = sum(int(market.ledger.groups[name].mass[MAGNET].sum()) for name in groups)

    assert made > 0
    assert made + -int(market.world.accounts.opening.mass[MAGNET].sum()) == elsewhere


def test_makers_hold_magnets_and_users_none_of_the_oxides(market: MineralMarket) -> None:
    makers = market.world.manufacturers
    sells = makers.product == MAGNET

    assert (makers.stock[MAGNET, sells] > 0).any()
    assert not makers.stock[:MAGNET, ~sells & (makers.use[NDPR] == 0)].any()


def test_nobody_sells_magnets_far_below_cost(market: MineralMarket) -> None:
    makers = market.world.manufacturers
    sells = makers.product == MAGNET

    limit = makers.product_ask()[0][MAGNET, sells]

    assert (limit >= 0.95 * makers.product_cost()[sells] - 1e-9).all()


def test_the_price_of_magnets_follows_dearer_oxides(
    tiny_model: Callable[..., MineralMarket], magnets: dict[str, Any], market: MineralMarket
) -> None:
    outage = {"type": "supply_outage", "producers": ["north", "clays", "diggers"], "start": "2010-02-01"}
    short = tiny_model(magnets, run=50, policy=[outage])

    oxide, magnet = (short.recorder.price[49, row, JP] / market.recorder.price[49, row, JP] for row in (NDPR, MAGNET))

    assert oxide > 1.3
    assert magnet > 1.05


def test_magnets_are_sold_to_other_manufacturers_and_not_to_customers(market: MineralMarket) -> None:
    makers = market.world.manufacturers
    sells = makers.product == MAGNET

    assert market.week.trade.sold["Manufacturer"][MAGNET].sum() > 0
    assert not market.week.trade.sold["Manufacturer"][MAGNET, ~sells].any()


def test_a_third_zone_may_send_its_own_magnets_past_an_embargo(
    tiny_model: Callable[..., MineralMarket], magnets: dict[str, Any]
) -> None:
    rw = {
        "manufacturer": {**magnets["manufacturer"], "alloys-rw": {"makes": {"material": "magnet", "t_per_year": 450.0}}}
    }
    model = tiny_model({**magnets, **rw}, run=3)
    model.world.regime.embargo("CN", "JP", ["magnet"], 0.0, 0.0)
    network = model.world.network
    way = np.flatnonzero((network.origin == RW) & (network.destination == JP))[0]

    shares = model.world.origins.gated_share
    charges = network.charges(model.market, model.world.regime, {}, shares)

    assert charges.capacity[MAGNET, way] > 0


def test_magnets_made_at_home_are_not_of_gated_origin(
    tiny_model: Callable[..., MineralMarket], magnets: dict[str, Any]
) -> None:
    model = tiny_model(magnets, run=30)
    into_japan = model.recorder.flow[:30, MAGNET, model.world.network.destination == JP].sum()
    sold_at_home = model.week.trade.sold["Manufacturer"][MAGNET, model.world.manufacturers.zone == JP].sum()

    assert into_japan > 0
    assert sold_at_home > 0
    assert model.world.origins.gated_share[MAGNET, JP] < 0.999
