"""What traders remember of their trades: the average price they paid for the metal they hold."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.agents.speculator import FUNDAMENTALIST
from market_abm.market.market import TREND_WEEKS
from market_abm.model import MineralMarket

# Nobody changes its strategy, and refiners keep nothing for later although the usual price is high.
EAGER = {"parameters": {"speculator": {"revision": 0.0}, "refiner": {"holding_return": 1e3}}}


@pytest.fixture
def eager(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    """Market whose traders all hold the price to be half of what it usually is, and nothing else."""
    model = tiny_model(EAGER)
    model.world.speculators.strategy[:] = FUNDAMENTALIST
    model.market.anchor *= 2.0
    return model


def test_the_first_purchase_is_remembered_at_the_price_of_its_week(eager: MineralMarket) -> None:
    traders = eager.world.speculators

    eager.step()
    held = traders.stock.sum(axis=0) > 0

    assert held.any()
    assert eager.market.weeks_seen <= TREND_WEEKS  # long before strategies are compared
    cleared = eager.recorder.price[0, traders.material, traders.zone] / 1000
    np.testing.assert_allclose(traders.paid[held], cleared[held], rtol=1e-12)
    np.testing.assert_array_equal(traders.paid[~held], 0.0)


def test_later_purchases_are_averaged_in_by_mass(eager: MineralMarket) -> None:
    traders = eager.world.speculators
    spent, mass = np.zeros(traders.size), np.zeros(traders.size)

    for week in range(4):
        before = traders.stock.sum(axis=0).copy()
        eager.step()
        bought = traders.stock.sum(axis=0) - before
        assert (bought >= 0).all()  # nobody sells while everybody expects a rise
        spent += bought * eager.recorder.price[week, traders.material, traders.zone] / 1000
        mass += bought
    holders = mass > 0

    assert (bought[holders] > 0).any()
    np.testing.assert_allclose(traders.paid[holders], spent[holders] / mass[holders], rtol=1e-12)


def test_a_sale_does_not_change_what_was_paid(eager: MineralMarket) -> None:
    traders = eager.world.speculators
    eager.step()
    paid, held = traders.paid.copy(), traders.stock.sum(axis=0).copy()

    eager.market.anchor *= 0.1  # everybody expects a fall
    eager.step()
    sold = (traders.stock.sum(axis=0) < held) & (traders.stock.sum(axis=0) > 0)

    assert sold.any()
    np.testing.assert_array_equal(traders.paid[sold], paid[sold])
