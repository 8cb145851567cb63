"""Rounds of licences: what lapses, what is left, and that use never exceeds a round."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from market_abm.market.government import enact_policies
from market_abm.market.licence_pool import LicencePool, opened_pool
from market_abm.model import MineralMarket
from market_abm.policy.regime import PoolTerms

FIRST, SECOND, THIRD = dt.date(2010, 1, 1), dt.date(2010, 4, 1), dt.date(2010, 7, 1)
QUOTA = {"type": "export_quota", "origin": "CN", "rounds": [(FIRST, 90.0), (SECOND, 60.0), (THIRD, 200.0)]}


def terms(opened: dt.date, closes: dt.date | None, grams: int = 10_000) -> PoolTerms:
    return PoolTerms("quota", 0, (0, 1), opened, closes, grams)


@pytest.fixture
def market(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    return tiny_model({"parameters": {"licence": {"concession": (0.002, 0.016)}}})


@pytest.fixture
def pool(market: MineralMarket) -> LicencePool:
    return opened_pool(terms(FIRST, SECOND), market.world.licence_holders)


def test_a_round_is_shared_out_to_the_gram(pool: LicencePool) -> None:
    assert int(pool.left.sum()) == pool.issued == 10_000


def test_unused_licences_lapse_with_their_round(pool: LicencePool, market: MineralMarket) -> None:
    pool.settle(40, np.minimum(pool.left, 100))

    opened = pool.renew(terms(SECOND, THIRD, 500), market.world.licence_holders)

    assert opened
    assert int(pool.left.sum()) == 500
    assert pool.used == 0
    assert pool.price == 40


def test_the_same_round_goes_on(pool: LicencePool, market: MineralMarket) -> None:
    pool.settle(40, np.minimum(pool.left, 100))
    left = pool.left.copy()

    assert not pool.renew(terms(FIRST, SECOND), market.world.licence_holders)
    np.testing.assert_array_equal(pool.left, left)


@pytest.mark.parametrize(("day", "weeks"), [(dt.date(2010, 1, 4), 12), (dt.date(2010, 3, 29), 1), (SECOND, 1)])
def test_weeks_left_count_to_the_close_and_are_never_none(pool: LicencePool, day: dt.date, weeks: int) -> None:
    assert pool.weeks_left(day) == weeks


def test_a_round_without_a_close_is_taken_as_half_a_year(market: MineralMarket) -> None:
    open_ended = opened_pool(terms(FIRST, None), market.world.licence_holders)

    assert open_ended.weeks_left(FIRST) == 26


def test_offers_are_paced_and_in_whole_ticks(pool: LicencePool, market: MineralMarket) -> None:
    pool.price = 1000

    limit, quantity = pool.offers(market.world.licence_holders, dt.date(2010, 1, 4))

    np.testing.assert_array_equal(quantity, np.floor(pool.left * (1.25 / 12)))
    assert ((limit < 1000) & (limit >= 980)).all()


def test_use_never_exceeds_a_round_in_a_running_market(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=52, policy=[QUOTA])
    gate = model.world.network.gate_links(0)
    through = model.recorder.flow[:52][:, :, gate].sum(axis=(1, 2))
    days = [model.date_of(week) for week in range(52)]

    for opened, closes, tonnes in [(FIRST, SECOND, 90), (SECOND, THIRD, 60), (THIRD, dt.date(2099, 1, 1), 200)]:
        used = sum(int(flow) for flow, day in zip(through, days, strict=True) if opened <= day < closes)
        assert used <= tonnes * 1_000_000
        assert used > 0.5 * tonnes * 1_000_000


def test_what_is_used_is_what_went_through_the_gate(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=9, policy=[QUOTA])
    gate = model.world.network.gate_links(0)
    pool = model.world.government.pools["export-quota"]

    assert pool.used == int(model.recorder.flow[:9][:, :, gate].sum())
    assert pool.issued == pool.used + int(pool.left.sum())


def test_a_scarce_licence_has_a_price_that_its_holders_get(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=30, policy=[QUOTA])

    prices = [row[2] for row in model.recorder.licences]

    assert max(prices) > 1.0
    assert int(model.world.accounts.group(model.world.licence_holders).money.sum()) > 0
    np.testing.assert_array_equal(
        model.world.accounts.group(model.world.licence_holders).money.sum(),
        model.ledger.journal["house", "LicenceHolder", "licence rent"],
    )


def test_the_end_of_a_quota_closes_its_pool(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=4, policy=[{**QUOTA, "end": "2010-02-01"}])
    before = list(model.world.government.pools)

    model.step()

    assert before == ["export-quota"]
    assert model.world.government.pools == {}


@pytest.mark.parametrize(
    ("before", "after", "price"),
    [([], ["NdPr"], 7_000), (["NdPr"], ["NdPr", "Dy"], 7_000), (["Dy"], ["NdPr"], 0)],
    ids=["a part of it", "more than it", "other materials"],
)
def test_a_pool_that_takes_another_s_place_begins_with_its_price(
    tiny_model: Callable[..., MineralMarket], before: list[str], after: list[str], price: int
) -> None:
    model = tiny_model()
    split = model.today + dt.timedelta(weeks=4)
    round_ = {"type": "export_quota", "origin": "CN", "rounds": [(model.today, 90.0)]}
    old = round_ | {"name": "old", "materials": before, "end": split}
    new = round_ | {"name": "new", "materials": after, "start": split}
    model = tiny_model(policy=[old, new], run=4)
    model.world.government.pools["old"].price = 7_000

    world = model.world
    enact_policies(
        *(model.scenario, world.market, world.regime, world.government),
        *(world.licence_holders, model.today, world.log),
    )

    assert set(model.world.government.pools) == {"new"}
    assert model.world.government.pools["new"].price == price
