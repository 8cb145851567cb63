"""The export authority and the holders of its licences."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.population import Population

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


@pytest.fixture(scope="module")
def model(tiny_model: "Callable[..., MineralMarket]") -> "MineralMarket":
    return tiny_model()


@pytest.fixture
def authority(model: "MineralMarket") -> Population:
    model.world.export_authorities.usual_quota[:] = 20_000.0
    return model.world.export_authorities


@pytest.mark.parametrize(("quota", "cut"), [(8_000.0, 0.6), (20_000.0, 0.0), (30_000.0, 0.0), (0.0, 1.0)])
def test_only_a_cut_surprises(authority: Population, quota: float, cut: float) -> None:
    assert authority.cut_against_usual(quota_t=quota)[0] == pytest.approx(cut)


@pytest.mark.parametrize(("quota", "usual"), [(10_000.0, 16_500.0), (50_000.0, 23_500.0)])
def test_buyers_learn_a_third_of_a_change(authority: Population, quota: float, usual: float) -> None:
    assert authority.next_usual_quota(quota_t=quota)[0] == pytest.approx(usual)


def test_alarm_fades_by_a_factor_e_in_a_year(authority: Population) -> None:
    authority.surprise[:], authority.round_opened[:] = 0.6, 730_000

    faded = authority.alarm_left(today=730_000 + 365)[0]
    before_the_round = authority.alarm_left(today=729_000)[0]

    assert faded == pytest.approx(0.6 * np.exp(-365 / 365.2425))
    assert before_the_round == pytest.approx(0.6)


def test_holders_share_all_licences_of_their_zone(model: "MineralMarket") -> None:
    assert model.world.licence_holders.share.sum() == pytest.approx(1.0)


def test_holders_offer_a_little_below_the_last_price(model: "MineralMarket") -> None:
    holders = model.world.licence_holders

    limit, quantity = holders.offer(licences=np.full(holders.size, 1000), weeks_left=10.0, last_price=50.0)

    np.testing.assert_allclose(limit, 50.0 * (1 - holders.concession))
    np.testing.assert_allclose(quantity, 125.0)


@given(weeks=st.floats(0.0, 60.0), licences=st.integers(0, 10**12))
def test_nobody_offers_more_licences_than_it_has(model: "MineralMarket", weeks: float, licences: int) -> None:
    holders = model.world.licence_holders

    quantity = holders.offer(licences=np.full(holders.size, licences), weeks_left=weeks, last_price=1.0)[1]

    assert (quantity >= 0).all()
    assert (quantity <= licences).all()
