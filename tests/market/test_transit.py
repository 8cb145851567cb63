"""Goods under way: what was sent arrives, once, and on time."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.market.transit import deliver_goods
from market_abm.model import MineralMarket


@pytest.fixture
def model(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    """Market with a parcel of 1000 g for each maker in the clearing house."""
    model = tiny_model()
    parcel = np.full((2, model.world.manufacturers.size), 1000, dtype=np.int64)
    model.ledger.move_all(
        "test", model.world.accounts.opening, model.world.accounts.house, parcel, source_row=0, sink_row=0
    )
    return model


def send(model: MineralMarket, weeks: int, grams: np.ndarray) -> None:
    """Put what stands in the clearing house on the way for some weeks."""
    world = model.world
    world.transit.ring[(model.week_index + weeks) % len(world.transit.ring)] += grams
    world.manufacturers.coming[:] += grams
    model.ledger.move_all("under way", world.accounts.house, world.accounts.under_way, grams, source_row=0)


def days(model: MineralMarket, weeks: int) -> None:
    world = model.world
    for _ in range(weeks):
        world.week_index += 1
        deliver_goods(world.transit, world.manufacturers, world.ledger, world.accounts, world.week_index)


@pytest.mark.parametrize("weeks", [1, 2, 3])
def test_a_parcel_arrives_after_its_weeks(model: MineralMarket, weeks: int) -> None:
    makers = model.world.manufacturers
    before, parcel = makers.stock.copy(), np.full((2, makers.size), 1000)

    send(model, weeks, parcel)
    days(model, weeks - 1)
    shortly_before = makers.stock.copy()
    days(model, 1)

    np.testing.assert_array_equal(shortly_before, before)
    np.testing.assert_array_equal(makers.stock, before + 1000)


def test_what_is_coming_is_what_is_under_way(model: MineralMarket) -> None:
    makers = model.world.manufacturers
    send(model, 3, np.full((2, makers.size), 600))
    send(model, 1, np.full((2, makers.size), 400))
    coming = makers.coming.copy()

    days(model, 1)

    assert (coming == 1000).all()
    assert (makers.coming == 600).all()
    np.testing.assert_array_equal(model.world.accounts.under_way.mass[:2], makers.coming)


def test_every_parcel_arrives_exactly_once(model: MineralMarket) -> None:
    before = model.world.manufacturers.stock.copy()
    send(model, 2, np.full((2, model.world.manufacturers.size), 1000))

    days(model, 20)

    np.testing.assert_array_equal(model.world.manufacturers.stock, before + 1000)
    assert not model.world.manufacturers.coming.any()


def test_purchases_from_afar_come_when_the_ship_comes(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"rules_off": ["recycling"]})
    makers = model.world.manufacturers
    japan = makers.zone == 1
    stocks, uses = [makers.stock[:, japan].sum()], []
    for _ in range(3):
        model.step()
        stocks.append(makers.stock[:, japan].sum())
        uses.append(model.week.use.used[:, japan].sum())

    change = np.diff(stocks) + np.array(uses)

    assert change[:2].tolist() == [0, 0]  # the way from CN takes two weeks, that from RW three
    assert change[2] > 0


def test_goods_under_way_are_in_the_books_in_a_running_market(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=9)

    np.testing.assert_array_equal(model.world.accounts.under_way.mass[:2], model.world.manufacturers.coming)
    np.testing.assert_array_equal(model.world.transit.ring.sum(axis=0), model.world.manufacturers.coming)
    assert model.world.manufacturers.coming.any()
