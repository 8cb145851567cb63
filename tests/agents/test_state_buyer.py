"""State bodies: what they order for a stockpile and in a price band."""

from collections.abc import Callable
from typing import Any

import pytest

from market_abm.agents.population import Agent
from market_abm.model import MineralMarket
from market_abm.policy import BandPurchase, Embargo, Stockpile

DY, NDPR, JP, TONNE = 0, 1, 1, 1e6


@pytest.fixture
def body(tiny_model: Callable[..., MineralMarket]) -> Agent:
    """Body in Japan, whose zone uses 10 t and 1 t a week and has ten weeks of cover."""
    model = tiny_model()
    model.market.zone_use[:, JP] = [TONNE, 10 * TONNE]
    model.market.zone_cover[:, JP] = 10.0
    return model.world.state_buyers.agents[0]


def instruct(body: Agent, *policies: Any) -> None:
    for policy in policies:
        policy.enact(body.population.home.regime)


def give(body: Agent, tonnes: float) -> None:
    world = body.population.home
    for material in (NDPR, DY):
        group = world.accounts.group(body.population)
        world.ledger.move("test", material, world.accounts.opening, group, int(tonnes * TONNE), 0, body.row)


def test_without_instruments_nothing_is_ordered(body: Agent) -> None:
    assert not body.orders()[1].any()
    assert not body.orders()[3].any()


def test_a_stockpile_closes_its_gap_over_the_build_time(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec", days=70, build_weeks=20))

    limit, quantity, _, _ = body.orders()

    assert quantity[0] / TONNE == pytest.approx([10 / 20, 100 / 20])
    assert limit[0] == pytest.approx(body.population.home.market.quote[:, JP] * 1.02)


def test_nothing_is_stored_at_a_price_far_above_the_usual(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec"))
    body.population.home.market.price[NDPR, JP] *= 1.6

    quantity = body.orders()[1][0]

    assert quantity[NDPR] == 0.0
    assert quantity[DY] > 0.0


def test_metal_is_released_when_makers_run_short(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec", release_share=0.5))
    give(body, 500)
    body.population.home.market.zone_cover[NDPR, JP] = 1.0

    _, bought, _, sold = body.orders()

    assert sold[0, NDPR] / TONNE == pytest.approx(0.5 * 3 * 10)
    assert bought[0, NDPR] == 0.0


def test_metal_is_released_under_an_embargo(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec"), Embargo(origin="CN", destination="JP"))
    give(body, 500)

    assert body.orders()[3][0, NDPR] / TONNE == pytest.approx(0.5 * 1 * 10)


def test_a_calm_stockpile_renews_a_twentieth_a_year(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec", rotation=0.05))
    give(body, 520)

    assert body.orders()[3][0, NDPR] / TONNE == pytest.approx(0.5)


def test_a_band_buys_below_and_sells_above(body: Agent) -> None:
    instruct(body, BandPurchase(actor="jogmec", materials=["NdPr"], low_price=30.0, high_price=90.0, weekly_share=0.1))
    give(body, 500)
    low = body.orders()
    body.population.home.market.price[NDPR, JP] = 95.0

    high = body.orders()

    assert low[1][1, NDPR] / TONNE == pytest.approx(1.0)
    assert low[0][1, NDPR] == pytest.approx(19.2 * 1.02)
    assert low[3][1, NDPR] == 0.0
    assert high[3][1, NDPR] / TONNE == pytest.approx(1.0)
    assert high[1][1, NDPR] == 0.0


def test_a_band_without_prices_stands_on_the_three_year_average(body: Agent) -> None:
    policy = BandPurchase(actor="jogmec")

    assert body.band(policy, NDPR) == pytest.approx((0.55 * 19.2, 2.5 * 19.2))


def test_a_body_orders_no_more_than_its_budget_pays(body: Agent) -> None:
    instruct(body, BandPurchase(actor="jogmec", low_price=1e5, high_price=2e5, weekly_share=1.0))
    body.population.home.market.zone_use[:, JP] *= 1000

    limit, quantity, _, _ = body.orders()

    assert float((limit * quantity).sum() * 1000) == pytest.approx(150e12)


def test_two_instruments_never_sell_the_same_metal_twice(body: Agent) -> None:
    band = BandPurchase(actor="jogmec", high_price=1.5, low_price=1.0, weekly_share=1.0)
    instruct(body, Stockpile(actor="jogmec", release_share=1.0), band)
    give(body, 2)
    body.population.home.market.zone_cover[:, JP] = 0.0

    assert body.orders()[3].sum(axis=0) / TONNE == pytest.approx([2.0, 2.0])


def test_two_stockpiles_bid_no_more_than_one(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec", name="a"), Stockpile(actor="jogmec", name="b"))

    assert body.orders()[0][0] == pytest.approx(body.population.home.market.quote[:, JP] * 1.02)


def test_a_body_pays_no_order_with_money_it_owes(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec"))
    world = body.population.home
    states = world.accounts.group(body.population)
    world.ledger.pay("test", states, world.accounts.owners, int(body.cash) + 10**12, body.row, 0)

    assert not body.orders()[1].any()


def test_a_dissolved_body_holds_no_instruments(body: Agent) -> None:
    instruct(body, Stockpile(actor="jogmec"))
    body.dissolved = True

    assert body.held(Stockpile) == []
    assert not body.orders()[1].any()
