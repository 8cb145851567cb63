"""Manufacturers: hand-worked cases of the formulas, and what must never happen whatever the numbers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.population import Population

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

PLAIN = {
    "manufacturer": {
        "magnets-cn": None,
        "alloys-rw": None,
        "magnets-jp": {
            "count": 1,
            "use_t_per_year": {"NdPr": 521.775, "Dy": 52.1775},  # 10 t and 1 t a week
            "cover_weeks": (10.0, 10.0),
            "elasticity": (0.2, 0.2),
        },
    },
    "parameters": {
        "manufacturer": {
            "bid_noise": 0.0,
            "catch_up_weeks": 20.0,
            "gap_premium": 0.02,
            "fear_cover": 2.261,
            "trend_cover": 0.4,
            "dead_band": 0.2,
            "critical_weeks": 3.0,
            "critical_premium": 0.15,
            "patience": 0.4512,
            "extrapolation": 0.4,
            "fear_rise": 0.12,
            "fear_fade": 0.02,
            "shortage_alarm": 0.6,
            "thrift_elasticity": 0.3,
            "thrift_reversal": 0.02,
            "pass_through": 0.5,
            "product_markup": 0.1,
        }
    },
}
DY, NDPR, JP = 0, 1, 1  # rows are sorted by name
TONNE = 1e6


@pytest.fixture
def makers(tiny_model: "Callable[..., MineralMarket]") -> Population:
    """One maker in Japan: 10 t of NdPr and 1 t of Dy a week, cover 10 weeks, elasticity .2, no noise."""
    return tiny_model(PLAIN).world.manufacturers


@pytest.fixture(scope="module")
def many(tiny_model: "Callable[..., MineralMarket]") -> Population:
    return tiny_model({"parameters": {"manufacturer": {"bid_noise": 0.0}}}).world.manufacturers


def both(ndpr: Any, dy: Any) -> np.ndarray:
    """Numbers of the two materials in the order of rows."""
    return np.array([dy, ndpr], dtype=float)


def hold(makers: Population, tonnes: Any) -> None:
    """Give every maker so much of each material, by entries in the ledger."""
    world = makers.home
    wanted = np.broadcast_to(np.rint(np.asarray(tonnes, dtype=float) * TONNE), makers.stock.shape).astype(np.int64)
    opening, group = world.accounts.opening, world.accounts.group(makers)
    world.ledger.move_all("test", opening, group, wanted - makers.stock, source_row=0)


def bids(makers: Population) -> tuple[np.ndarray, np.ndarray]:
    """Limits and quantities of the critical, the normal and the patient bid, shape (3, materials, makers)."""
    limits, quantities = zip(*(makers.critical_bid(), makers.normal_bid(), makers.patient_bid()), strict=True)
    return np.stack(limits), np.stack(quantities)


def test_at_reference_prices_the_base_use_is_wanted(makers: Population) -> None:
    np.testing.assert_allclose(makers.wanted_use()[:, 0], both(10 * TONNE, 1 * TONNE), rtol=1e-12)


def test_twice_the_price_lowers_use_by_the_elasticity(makers: Population) -> None:
    makers.home.market.price *= 2

    np.testing.assert_allclose(makers.wanted_use()[:, 0], both(10, 1) * TONNE * 2**-0.2, rtol=1e-12)


def test_growth_cycle_and_saving_scale_use(makers: Population) -> None:
    makers.home.market.growth_years, makers.home.market.cycle[JP] = 2.0, 0.1
    makers.growth[:], makers.intensity[:, 0] = 0.05, both(0.8, 0.5)

    expected = both(10 * 0.8, 1 * 0.5) * TONNE * np.exp(0.05 * 2 + 0.1)

    np.testing.assert_allclose(makers.wanted_use()[:, 0], expected, rtol=1e-12)


def test_the_scarcest_input_sets_activity(makers: Population) -> None:
    hold(makers, both([40.0], [0.25]))

    assert makers.possible_activity()[0] == pytest.approx(0.25)


def test_an_input_that_is_not_needed_does_not_hold_activity_back(makers: Population) -> None:
    hold(makers, both([40.0], [0.0]))

    assert makers.possible_activity(wanted_use=both([10 * TONNE], [0.0]))[0] == 1.0


def test_saving_falls_no_faster_than_the_speed_limit(makers: Population) -> None:
    makers.home.market.average *= 4  # saving would stop far below what a week of 13 % a year brings
    makers.home.market.thrift_speed[:] = 0.13

    np.testing.assert_allclose(makers.next_intensity()[:, 0], 1 - 0.13 / 52.1775, rtol=1e-12)


def test_saving_stops_at_the_least_intensity(makers: Population) -> None:
    makers.home.market.average *= 1e6
    makers.intensity[:, 0] = both(0.5, 0.35)

    np.testing.assert_array_equal(makers.next_intensity()[:, 0], both(0.5, 0.35))


def test_know_how_is_kept_when_the_price_comes_back(makers: Population) -> None:
    makers.intensity[:, 0] = 0.7

    np.testing.assert_allclose(makers.next_intensity()[:, 0], 0.7 + 0.02 / 52.1775, rtol=1e-12)


def test_fear_rises_in_weeks_and_fades_in_months(makers: Population) -> None:
    makers.home.market.zone_alarm[JP] = 1.0
    makers.risk[:] = 0.5
    risen = makers.next_risk()[0]

    makers.home.market.zone_alarm[JP] = 0.0
    faded = makers.next_risk()[0]

    assert risen == pytest.approx(0.5 + 0.12 * 0.5)
    assert faded == pytest.approx(0.5 - 0.02 * 0.5)


def test_a_licence_regime_alarms_by_what_it_holds_back_of_what_is_needed(makers: Population) -> None:
    makers.home.regime.limit_exports("licences", "CN", ["JP"], ["Dy"], 0.3)
    row = int(np.flatnonzero(makers.zone == JP)[0])

    assert makers.next_risk()[row] == pytest.approx(0.12 * 0.7 * makers.cost_share[DY, row])
    assert (makers.next_risk()[makers.zone != JP] == 0.0).all()


def test_a_surprise_quota_alarms_in_proportion_to_dependence(makers: Population) -> None:
    makers.home.market.quota_alarm = 0.6
    makers.home.market.dependence[:, JP] = both(0.9, 0.5)
    worth = both(10 * 16.0 * 1.2, 1 * 90.0 * 1.2)

    expected = 0.12 * 0.6 * (worth * both(0.9, 0.5)).sum() / worth.sum()

    assert makers.next_risk()[0] == pytest.approx(expected)


def test_an_empty_store_alarms(makers: Population) -> None:
    hold(makers, 0.0)

    assert makers.next_risk()[0] == pytest.approx(0.12 * 0.6)


def test_fear_lengthens_the_target(makers: Population) -> None:
    makers.risk[:] = 0.5

    np.testing.assert_allclose(makers.target_stock()[:, 0], both(100, 10) * TONNE * (1 + 2.261 * 0.5), rtol=1e-12)


def test_a_trend_inside_the_dead_band_is_noise(makers: Population) -> None:
    makers.home.market.trend[:, JP] = both(0.2, -0.2)

    np.testing.assert_allclose(makers.target_stock()[:, 0], both(100, 10) * TONNE, rtol=1e-12)


def test_a_rising_price_lengthens_the_target(makers: Population) -> None:
    makers.home.market.trend[:, JP] = both(0.7, 0.0)

    np.testing.assert_allclose(makers.target_stock()[:, 0], both(100 * 1.2, 10) * TONNE, rtol=1e-12)


def test_without_hoarding_neither_fear_nor_trend_changes_the_target(
    tiny_model: "Callable[..., MineralMarket]",
) -> None:
    makers = tiny_model({**PLAIN, "rules_off": ["hoarding"]}).world.manufacturers
    makers.home.market.trend[:, JP] = 0.9
    makers.risk[:] = 1.0

    np.testing.assert_allclose(makers.target_stock()[:, 0], both(100, 10) * TONNE, rtol=1e-12)


def test_bids_by_hand_when_half_the_target_is_there(makers: Population) -> None:
    hold(makers, both([50.0], [5.0]))

    limit, quantity = bids(makers)

    want = 10 + 50 / 20.0  # replace use, close a twentieth of the gap
    np.testing.assert_allclose(quantity[:, NDPR, 0] / TONNE, [0.0, (1 - 0.4512) * want, 0.4512 * want], rtol=1e-9)
    normal = 19.2 * np.exp(0.02 * 0.5 + 0.02)
    patient = 19.2 * np.exp(0.25 * 0.5 - 0.02)
    np.testing.assert_allclose(limit[:, NDPR, 0], [19.2 * 1.15, normal, patient], rtol=1e-9)


def test_what_is_missing_for_the_next_weeks_is_critical(makers: Population) -> None:
    hold(makers, both([32.0], [0.0]))

    quantity = bids(makers)[1] / TONNE

    assert quantity[0, NDPR, 0] == pytest.approx(4 * 10 - 32)
    assert quantity[0, DY, 0] == pytest.approx(1 + 10 / 20)  # all that is wanted, no more


def test_nobody_bids_above_the_value_in_use(makers: Population) -> None:
    makers.home.market.quote *= 1e3

    limit = bids(makers)[0]

    assert (limit[:2] <= makers.value_in_use).all()
    np.testing.assert_array_equal(limit[0], makers.value_in_use)


def test_goods_under_way_count_as_stock(makers: Population) -> None:
    hold(makers, both([30.0], [3.0]))
    here = bids(makers)[1].copy()
    hold(makers, both([10.0], [1.0]))
    makers.coming[:] = both([20], [2]) * 10**6

    np.testing.assert_allclose(bids(makers)[1], here)


def test_products_pass_on_half_of_a_rise(makers: Population) -> None:
    makers.home.market.price[NDPR, JP] = 19.2 + 10.0

    assert makers.sales_price()[NDPR, 0] == pytest.approx(19.2 * 1.1 + 5.0)


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_more_risk_never_lowers_the_target(many: Population, low: float, high: float) -> None:
    low, high = sorted((low, high))

    many.risk[:] = low
    calm = many.target_stock()
    many.risk[:] = high

    assert (many.target_stock() >= calm).all()


@given(less=st.floats(0, 300), more=st.floats(0, 300), risk=st.floats(0, 1))
def test_fuller_stock_never_raises_bids(many: Population, less: float, more: float, risk: float) -> None:
    less, more = sorted((less, more))
    many.risk[:] = risk

    hold(many, less)
    limit, quantity = bids(many)
    hold(many, more)
    fuller_limit, fuller_quantity = bids(many)

    assert (fuller_limit <= limit).all()
    assert (fuller_quantity.sum(axis=0) <= quantity.sum(axis=0) * (1 + 1e-12)).all()
    assert (fuller_quantity[0] <= quantity[0]).all()


@given(cheap=st.floats(1, 1e4), dear=st.floats(1, 1e4))
def test_a_higher_price_never_raises_use(many: Population, cheap: float, dear: float) -> None:
    cheap, dear = sorted((cheap, dear))
    before = many.home.market.price.copy()

    many.home.market.price[:] = cheap
    used = many.wanted_use()
    many.home.market.price[:] = dear
    used_when_dear = many.wanted_use()
    many.home.market.price[:] = before

    assert (used_when_dear <= used).all()


@given(cheap=st.floats(1, 1e4), dear=st.floats(1, 1e4))
def test_a_higher_usual_price_never_raises_intensity(many: Population, cheap: float, dear: float) -> None:
    cheap, dear = sorted((cheap, dear))
    before = many.home.market.average.copy()

    many.home.market.average[:] = cheap
    intensity = many.next_intensity()
    many.home.market.average[:] = dear
    saving = many.next_intensity()
    many.home.market.average[:] = before

    assert (saving <= intensity).all()


@given(stock=st.floats(0, 1e4), trend=st.floats(-3, 3), risk=st.floats(0, 1), news=st.floats(0.1, 10))
def test_bids_are_never_negative(many: Population, stock: float, trend: float, risk: float, news: float) -> None:
    hold(many, stock)
    many.risk[:] = risk
    many.home.market.trend[:] = trend
    many.home.market.quote[:] = many.home.market.price * news

    limit, quantity = bids(many)
    many.home.market.trend[:] = 0.0
    many.home.market.quote[:] = many.home.market.price

    assert (limit > 0).all()
    assert (quantity >= 0).all()
