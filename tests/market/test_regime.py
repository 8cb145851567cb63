"""How policies that hold at once combine: the precedence written down in policy/trade.py."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from market_abm.policy import Embargo, ExportLicence, ExportQuota, ExportTax, ImportTariff
from market_abm.policy.regime import Regime
from market_abm.scenario.schema import Scenario

CN, JP, RW = range(3)
NDPR, DY = 0, 1
DAY = dt.date(2010, 7, 5)
ROUNDS = [(dt.date(2010, 1, 1), 300.0), (dt.date(2010, 7, 1), 100.0)]


@pytest.fixture
def regime(tiny_scenario: Callable[..., Scenario]) -> Regime:
    tiny = tiny_scenario()
    return Regime(tiny.zone, tiny.material, tiny.sectors, DAY)


def test_nothing_is_restricted_before_anybody_decrees(regime: Regime) -> None:
    assert np.isinf(regime.allowed).all()
    assert regime.mining_limits == {}
    assert not regime.export_tax.any()
    assert regime.pools == {}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_embargoes_the_stricter_holds(regime: Regime, order: int) -> None:
    for leak, around in [(0.05, 0.10), (0.20, 0.02)][::order]:
        Embargo(origin="CN", destination="JP", leak=leak, reexport_leak=around).enact(regime)

    assert regime.allowed[NDPR, CN, JP] == 0.05
    assert regime.reexport[NDPR, JP] == 0.02


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_licence_regimes_the_stricter_holds(regime: Regime, order: int) -> None:
    for share in (0.3, 0.6)[::order]:
        ExportLicence(origin="CN", approval=[(dt.date(2010, 1, 1), share)], review_weeks=0).enact(regime)

    np.testing.assert_array_equal(regime.allowed[:, CN, 1:], 0.3)
    assert np.isinf(regime.allowed[:, CN, CN]).all()


@pytest.mark.parametrize("order", [1, -1])
def test_licences_hold_back_what_the_strictest_does_not_approve(regime: Regime, order: int) -> None:
    rows = [(0.3, ["JP"], ["Dy"]), (0.6, [], ["Dy"]), (1.2, [], ["NdPr"])]
    for share, destinations, materials in rows[::order]:
        regime.limit_exports("licences", "CN", destinations, materials, share)

    np.testing.assert_allclose(regime.held_back, [[0.0, 0.0, 0.0], [0.0, 0.7, 0.4]])
    regime.clear(DAY)
    assert not regime.held_back.any()


@pytest.mark.parametrize("order", [1, -1])
def test_an_embargo_holds_over_a_licence_regime(regime: Regime, order: int) -> None:
    policies = [
        Embargo(origin="CN", destination="JP", materials=["NdPr"]),
        ExportLicence(origin="CN", approval=[(dt.date(2010, 1, 1), 0.8)], review_weeks=0),
    ]
    for policy in policies[::order]:
        policy.enact(regime)

    assert regime.allowed[NDPR, CN, JP] == 0.05
    assert regime.allowed[DY, CN, JP] == 0.8
    assert regime.allowed[NDPR, CN, RW] == 0.8


def test_of_two_quotas_on_a_material_the_last_declared_holds(regime: Regime) -> None:
    ExportQuota(name="all", origin="CN", rounds=ROUNDS).enact(regime)
    ExportQuota(name="heavy", origin="CN", materials=["Dy"], rounds=[(dt.date(2010, 7, 1), 5.0)]).enact(regime)

    assert {name: pool.materials for name, pool in regime.pools.items()} == {"all": (NDPR,), "heavy": (DY,)}
    assert regime.pools["heavy"].grams == 5_000_000


def test_a_quota_that_loses_all_its_materials_is_gone(regime: Regime) -> None:
    ExportQuota(name="heavy", origin="CN", materials=["Dy"], rounds=ROUNDS).enact(regime)
    ExportQuota(name="all", origin="CN", rounds=ROUNDS).enact(regime)

    assert list(regime.pools) == ["all"]


def test_two_nameless_quotas_on_two_materials_both_hold(regime: Regime) -> None:
    ExportQuota(origin="CN", materials=["NdPr"], rounds=ROUNDS).enact(regime)
    ExportQuota(origin="CN", materials=["Dy"], rounds=ROUNDS).enact(regime)

    assert sorted(pool.materials for pool in regime.pools.values()) == [(NDPR,), (DY,)]


def test_taxes_and_tariffs_add_up(regime: Regime) -> None:
    for _ in range(2):
        ExportTax(origin="CN", materials=["Dy"], rate=[(dt.date(2010, 1, 1), 0.15)]).enact(regime)
        ImportTariff(destination="JP", origins=["CN"], rate=[(dt.date(2010, 1, 1), 0.1)]).enact(regime)

    assert regime.export_tax[:, CN].tolist() == [0.0, 0.3]
    assert regime.tariff[:, CN, JP].tolist() == [0.2, 0.2]
    assert not regime.tariff[:, RW].any()


def test_of_two_mining_quotas_the_smaller_holds(regime: Regime) -> None:
    for tonnes in (500.0, 900.0):
        regime.limit_mining("CN", "heavy", tonnes)
        regime.limit_mining("CN", "light", 2 * tonnes)

    assert regime.mining_limits == {(CN, "heavy"): 500.0, (CN, "light"): 1000.0}


def test_of_two_crackdowns_the_deeper_holds(regime: Regime) -> None:
    for depth in (0.5, 0.2):
        regime.crack_down("CN", depth)

    assert regime.crackdown.tolist() == [0.5, 0.0, 0.0]


def test_charges_and_reserves_add_up(regime: Regime) -> None:
    for amount in (0.1, 0.2):
        regime.charge_mining("CN", amount)
        regime.store_concentrate("CN", amount)

    assert regime.mining_charge[CN] == pytest.approx(0.3)
    assert regime.concentrate_store[CN] == pytest.approx(0.3)


def test_of_two_subsidies_the_larger_holds(regime: Regime) -> None:
    for share in (0.4, 0.1):
        regime.subsidise_processing("JP", share)
        regime.help_recycling("JP", share, share)
        regime.help_thrifting("JP", share, 2.0)

    assert regime.fee_subsidy[JP] == regime.extra_recovery[JP] == regime.recovery_subsidy[JP] == 0.4
    assert regime.thrift_speed[JP] == 0.4
    assert regime.thrift_money[JP] == 4.0


def test_demand_shocks_multiply_where_they_meet(regime: Regime) -> None:
    regime.scale_demand(["JP"], [], 0.5)
    regime.scale_demand([], ["magnets"], 0.8)

    assert regime.demand[JP].tolist() == [0.4, 0.5]
    assert regime.demand[CN].tolist() == [0.8, 1.0]


def test_of_two_outages_the_deeper_holds(regime: Regime) -> None:
    regime.cut_supply(["north", "hill"], 0.7)
    regime.cut_supply(["north"], 0.2)

    assert regime.supply == {"north": 0.2, "hill": 0.7}


def test_a_round_lasts_to_the_start_of_the_next(regime: Regime) -> None:
    quota = ExportQuota(origin="CN", rounds=[*ROUNDS, (dt.date(2011, 1, 1), 50.0)], rest_share=0.1)

    quota.enact(regime)

    terms = regime.pools["export quota"]
    assert (terms.opened, terms.closes, terms.grams) == (dt.date(2010, 7, 1), dt.date(2011, 1, 1), 90_000_000)


def test_the_last_round_lasts_to_the_end_of_the_policy(regime: Regime) -> None:
    ExportQuota(origin="CN", rounds=ROUNDS, end=dt.date(2010, 9, 6)).enact(regime)

    assert regime.pools["export quota"].closes == dt.date(2010, 9, 6)


@pytest.mark.parametrize(("weeks", "share"), [(0, 0.0), (8, 0.0), (9, 0.4), (30, 0.4)])
def test_no_licence_is_approved_before_the_first_review_ends(regime: Regime, weeks: int, share: float) -> None:
    start = DAY - dt.timedelta(weeks=weeks)

    ExportLicence(origin="CN", approval=[(dt.date(2000, 1, 1), 0.4)], start=start).enact(regime)

    assert regime.allowed[NDPR, CN, JP] == share


def test_the_next_week_begins_free(regime: Regime) -> None:
    Embargo(origin="CN", destination="JP").enact(regime)

    regime.clear(DAY + dt.timedelta(weeks=1))

    assert np.isinf(regime.allowed).all()
    assert not regime.embargoed.any()


@pytest.mark.parametrize("order", [1, -1])
def test_an_embargo_limits_concentrate_by_the_material_it_holds(regime: Regime, order: int) -> None:
    for leak, materials in [(0.05, ["NdPr"]), (0.20, [])][::order]:
        Embargo(origin="RW", destination="CN", materials=materials, leak=leak).enact(regime)

    assert regime.concentrate_allowed[NDPR, RW, CN] == 0.05
    assert regime.concentrate_allowed[DY, RW, CN] == 0.20
    assert np.isinf(regime.concentrate_allowed[:, RW, JP]).all()


def test_a_licence_regime_leaves_concentrate_alone(regime: Regime) -> None:
    ExportLicence(origin="RW", approval=[(dt.date(2010, 1, 1), 0.3)], review_weeks=0).enact(regime)

    assert np.isinf(regime.concentrate_allowed).all()
