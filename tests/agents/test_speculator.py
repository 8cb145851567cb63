"""Speculators: expectations, orders, credit and strategies, worked by hand."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.population import Population
from market_abm.agents.speculator import CHARTIST, FUNDAMENTALIST, OUT
from market_abm.market.expectations import look_back

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

CALM = {
    "parameters": {
        "manufacturer": {"attention": 0.91},
        "speculator": {
            "price_noise": 0.0,
            "trend_threshold": 0.15,
            "reversion": 0.5,
            "round_trip_cost": 0.02,
            "full_position": 0.2,
            "aggressiveness": 0.1204,
            "loss_aversion": 0.3,
            "margin_call": 0.8,
            "forced_discount": 0.15,
        },
    }
}
NDPR, CN, JP = 1, 0, 1


@pytest.fixture
def traders(tiny_model: "Callable[..., MineralMarket]") -> Population:
    return tiny_model(CALM).world.speculators


@pytest.fixture(scope="module")
def steady(tiny_model: "Callable[..., MineralMarket]") -> Population:
    return tiny_model(CALM).world.speculators


def own(traders: Population, row: int, grams: int, micros: int) -> None:
    """Give one trader exactly so much metal and money, by entries in the ledger."""
    ledger, accounts = traders.home.ledger, traders.home.accounts
    group, material = accounts.group(traders), int(traders.material[row])
    more = grams - int(traders.stock[material, row])
    ledger.move("test", material, accounts.opening, group, more, 0, row)
    ledger.pay("test", accounts.owners, group, micros - int(traders.cash[row]), 0, row)


def orders(traders: Population) -> tuple[np.ndarray, ...]:
    """Limit and quantity of the purchase, then of the sale, each of shape (traders,)."""
    return (*traders.purchase(), *traders.sale())


def look(traders: Population) -> np.ndarray:
    """Expected returns after traders looked back."""
    look_back(traders, traders.home.market)
    return traders.expected_return()


def expect(traders: Population, expected: float) -> None:
    """Make every trader expect a return: fundamentalists in front of a suitable anchor."""
    traders.strategy[:] = FUNDAMENTALIST
    rules = traders.parameters
    traders.home.market.anchor[:] = traders.home.market.price * np.exp(
        (expected + rules.round_trip_cost) / rules.reversion
    )


def test_a_trader_averages_what_it_paid(traders: Population) -> None:
    own(traders, 0, 400, 0)
    material, zone = int(traders.material[0]), int(traders.zone[0])
    traders.paid[0] = 10.0
    traders.home.market.price[material, zone] = 30.0
    bought = np.zeros(traders.size)
    bought[0] = 100  # of the 400 g held

    assert traders.next_paid(bought=bought)[0] == pytest.approx(0.75 * 10 + 0.25 * 30)


def test_who_holds_nothing_remembers_no_price(traders: Population) -> None:
    traders.paid[:] = 10.0

    np.testing.assert_array_equal(traders.next_paid(bought=np.zeros(traders.size)), 0.0)


@pytest.mark.parametrize(("paid", "premium"), [(40.0, 0.3 * np.log(2)), (20.0, 0.0), (5.0, 0.0)])
def test_nobody_likes_to_sell_at_a_loss(traders: Population, paid: float, premium: float) -> None:
    own(traders, 0, 400, 0)
    traders.home.market.price[:], traders.home.market.quote[:], traders.home.market.anchor[:] = 20.0, 20.0, 20.0
    traders.strategy[:], traders.paid[:] = OUT, paid

    _, _, ask, sell = orders(traders)

    assert sell[0] > 0
    assert ask[0] == pytest.approx(20.0 * np.exp(-0.08 + premium))


def test_a_lender_does_not_wait_for_a_better_price(traders: Population) -> None:
    own(traders, 0, 1000, -19_000_000)
    traders.home.market.price[:], traders.home.market.quote[:] = 20.0, 20.0
    traders.paid[:] = 100.0

    assert traders.called()[0]
    assert orders(traders)[2][0] == pytest.approx(20.0 * np.exp(-traders.parameters.forced_discount))


def test_who_is_out_expects_to_lose(traders: Population) -> None:
    traders.strategy[:] = OUT

    np.testing.assert_array_equal(traders.expected_return(), -1.0)


def test_a_chartist_extrapolates_its_own_trend(traders: Population) -> None:
    row = traders.row_named("ndpr-jp 1")
    traders.strategy[:], traders.gain[:], traders.memory[:] = CHARTIST, 0.5, 10
    traders.home.market.past[-11, NDPR, JP] -= 0.4

    assert look(traders)[row] == pytest.approx(0.5 * 0.4 / 10 * 13 - 0.02)


def test_a_move_below_the_threshold_is_no_trend(traders: Population) -> None:
    traders.strategy[:], traders.memory[:] = CHARTIST, 10
    traders.home.market.past[-11] -= 0.149

    np.testing.assert_allclose(look(traders), -0.02)


def test_a_trader_inside_the_gate_watches_the_export_price(traders: Population) -> None:
    row = traders.row_named("ndpr-cn 1")
    traders.strategy[:], traders.gain[:], traders.memory[:] = CHARTIST, 0.5, 10
    traders.home.market.past[-11, NDPR, traders.home.market.gate_of[CN]] -= 0.4

    assert look(traders)[row] == pytest.approx(0.5 * 0.91 * 0.4 / 10 * 13 - 0.02)


def test_a_fundamentalist_expects_half_the_gap_to_close(traders: Population) -> None:
    traders.strategy[:] = FUNDAMENTALIST
    traders.home.market.anchor *= np.exp(0.3)

    np.testing.assert_allclose(traders.expected_return(), 0.5 * 0.3 - 0.02)


def test_a_buyer_orders_part_of_the_wanted_change(traders: Population) -> None:
    row = traders.row_named("ndpr-jp 1")
    expect(traders, 0.1)  # half of the full position
    own(traders, row, 0, 192 * 10**9)  # 192,000 US$ buy 10 t at 19.2 US$/kg

    limit, quantity, _, sale = (part[row] for part in orders(traders))

    assert quantity == pytest.approx(0.1204 * 0.5 * 10e6)
    assert limit == pytest.approx(19.2 * np.exp(0.03))
    assert sale == 0.0


def test_a_trader_that_expects_nothing_sells_part_of_its_stock(traders: Population) -> None:
    row = traders.row_named("ndpr-jp 1")
    expect(traders, -0.1)
    own(traders, row, 10**7, 0)

    _, bought, limit, quantity = (part[row] for part in orders(traders))

    assert bought == 0.0
    assert quantity == pytest.approx(0.1204 * 1e7)
    assert limit == pytest.approx(19.2 * np.exp(-0.04))


def test_the_lender_calls_above_its_share(traders: Population) -> None:
    row = traders.row_named("ndpr-cn 1")
    worth = 10**7 * 16 * 1000

    own(traders, row, 10**7, -int(0.79 * worth))
    before = traders.called()[row]
    own(traders, row, 10**7, -int(0.81 * worth))

    assert not before
    assert traders.called()[row]


def test_a_called_trader_sells_down_to_its_loan_limit(traders: Population) -> None:
    row = traders.row_named("ndpr-cn 1")
    expect(traders, 0.5)
    worth = 10**7 * 16 * 1000
    own(traders, row, 10**7, -int(0.81 * worth))

    _, bought, limit, quantity = (part[row] for part in orders(traders))

    assert bought == 0.0
    assert quantity == pytest.approx((0.81 - 0.28) / (1 - 0.28) * 1e7)
    assert limit == pytest.approx(16 * np.exp(-0.15))


def test_a_called_trader_without_equity_sells_all(traders: Population) -> None:
    row = traders.row_named("ndpr-cn 1")
    own(traders, row, 10**7, -int(1.2 * 10**7 * 16 * 1000))

    assert orders(traders)[3][row] == 10**7


@given(
    expected=st.floats(-1.0, 2.0),
    grams=st.integers(0, 10**9),
    micros=st.integers(-(10**13), 10**13),
    row=st.integers(0, 7),
)
def test_nobody_orders_more_than_it_can_pay_or_holds(
    steady: Population, expected: float, grams: int, micros: int, row: int
) -> None:
    expect(steady, expected)
    own(steady, row, grams, micros)

    bid, bought, _, sold = (float(part[row]) for part in orders(steady))

    purse = max(micros + float(steady.credit[row]) * float(steady.stock_value()[row]), 0.0)
    assert 0 <= bought * bid * 1000 <= purse * (1 + 1e-9)
    assert 0 <= sold <= grams
    assert min(bought, sold) == 0.0


@given(low=st.floats(-0.5, 0.5), high=st.floats(-0.5, 0.5))
def test_a_better_outlook_never_lowers_the_wanted_stock(steady: Population, low: float, high: float) -> None:
    low, high = sorted((low, high))
    for row in range(steady.size):
        own(steady, row, 10**6, 10**11)
    nets = []
    for expected in (low, high):
        expect(steady, expected)
        _, bought, _, sold = orders(steady)
        nets.append(bought - sold)

    assert (nets[0] <= nets[1] + 1e-3).all()


def profits(traders: Population, out: float, chartist: float, fundamentalist: float) -> dict[str, float]:
    """Profits of strategies that make traders choose them with such chances."""
    scale = traders.parameters.choice_intensity * 13.0
    chart, value = np.log(chartist / out) / scale, np.log(fundamentalist / out) / scale
    return {"outside_utility": 0.0, "chartist_profit": chart, "fundamentalist_profit": value}


def test_strategies_are_chosen_in_proportion_to_their_chances(tiny_model: "Callable[..., MineralMarket]") -> None:
    many = {"speculator": {"ndpr-cn": {"count": 20_000}}, "parameters": {"speculator": {"revision": 1.0}}}
    traders = tiny_model(many).world.speculators

    chosen = traders.next_strategy(**profits(traders, 0.2, 0.5, 0.3))

    np.testing.assert_allclose(np.bincount(chosen) / traders.size, [0.2, 0.5, 0.3], atol=0.015)


def test_only_some_reconsider_in_a_week(tiny_model: "Callable[..., MineralMarket]") -> None:
    some = {"speculator": {"ndpr-cn": {"count": 20_000}}, "parameters": {"speculator": {"revision": 0.1}}}
    traders = tiny_model(some).world.speculators
    traders.strategy[:] = CHARTIST

    chosen = traders.next_strategy(**profits(traders, 1.0, 1e-30, 1e-30))

    assert (chosen == OUT).mean() == pytest.approx(0.1, abs=0.01)
