"""Goods under way: what was sent arrives, once, and on time."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.model import MineralMarket


@pytest.fixture
def model(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    """Market with a parcel of 1000 g for each maker in the clearing house."""
    model = tiny_model()
    parcel = np.full((2, model.manufacturers.size), 1000, dtype=np.int64)
    model.ledger.move_all("test", model.opening, model.house, parcel, source_row=0, sink_row=0)
    return model


def days(model: MineralMarket, weeks: int) -> None:
    for _ in range(weeks):
        model.week_index += 1
        model.transit.deliver()


@pytest.mark.parametrize("weeks", [1, 2, 3])
def test_a_parcel_arrives_after_its_weeks(model: MineralMarket, weeks: int) -> None:
    makers = model.manufacturers
    before, parcel = makers.stock.copy(), np.full((2, makers.size), 1000)

    model.transit.send(weeks, parcel)
    days(model, weeks - 1)
    shortly_before = makers.stock.copy()
    days(model, 1)

    np.testing.assert_array_equal(shortly_before, before)
    np.testing.assert_array_equal(makers.stock, before + 1000)


def test_what_is_coming_is_what_is_under_way(model: MineralMarket) -> None:
    makers = model.manufacturers
    model.transit.send(3, np.full((2, makers.size), 600))
    model.transit.send(1, np.full((2, makers.size), 400))
    coming = makers.coming.copy()

    days(model, 1)

    assert (coming == 1000).all()
    assert (makers.coming == 600).all()
    np.testing.assert_array_equal(model.under_way.mass[:2], makers.coming)


def test_every_parcel_arrives_exactly_once(model: MineralMarket) -> None:
    before = model.manufacturers.stock.copy()
    model.transit.send(2, np.full((2, model.manufacturers.size), 1000))

    days(model, 20)

    np.testing.assert_array_equal(model.manufacturers.stock, before + 1000)
    assert not model.manufacturers.coming.any()


def test_purchases_from_afar_come_when_the_ship_comes(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"rules_off": ["recycling"]})
    makers = model.manufacturers
    japan = makers.zone == 1
    stocks, uses = [makers.stock[:, japan].sum()], []
    for _ in range(3):
        model.step()
        stocks.append(makers.stock[:, japan].sum())
        uses.append(model.used[:, japan].sum())

    change = np.diff(stocks) + np.array(uses)

    assert change[:2].tolist() == [0, 0]  # the way from CN takes two weeks, that from RW three
    assert change[2] > 0


def test_goods_under_way_are_in_the_books_in_a_running_market(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=9)

    np.testing.assert_array_equal(model.under_way.mass[:2], model.manufacturers.coming)
    np.testing.assert_array_equal(model.transit.ring.sum(axis=0), model.manufacturers.coming)
    assert model.manufacturers.coming.any()
